import { lstat } from "node:fs/promises";
import { until } from "./until.js";

/** A process that is alive writes this often. */
const BEAT_S = 0.1;

/** How long a heartbeat must be missing: ten times as long as a beat, so that a busy node is not taken for a dead process. */
const SILENCE_MS = 1_000;

/** A shell command that makes a file grow for as long as its process lives, which shows its death whatever the handler. */
export const heartbeat = (file: string): string => `while :; do echo >> ${file}; sleep ${BEAT_S}; done`;

/** Waits until a file has grown, so that the process that makes it grow is known to live. */
export async function untilBeating(file: string): Promise<void> {
  await until(`a heartbeat in ${file}`, () => sizeOf(file), { timeoutMs: 30_000 });
}

/** Waits until a file has stopped growing, which means that no process makes it grow any more. */
export async function untilSilent(file: string): Promise<void> {
  let lastBytes = await sizeOf(file);
  let sinceMs = performance.now();
  await until(
    `the process that writes ${file} to be gone`,
    async () => {
      const bytes = await sizeOf(file);
      if (bytes !== lastBytes) sinceMs = performance.now();
      lastBytes = bytes;
      return performance.now() - sinceMs > SILENCE_MS;
    },
    { timeoutMs: 5_000, seen: () => "it still writes" },
  );
}

const sizeOf = (file: string): Promise<number> =>
  lstat(file).then(
    ({ size }) => size,
    () => 0,
  );
