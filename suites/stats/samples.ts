import {
  expect,
  IDLE,
  sh,
  until,
  type Container,
  type ContainerStats,
  type CriRpc,
  type MemoryUsage,
} from "../../src/harness/index.js";

export const MIB = 1024 * 1024;

const NS_PER_MS = 1e6;

/** ContainerStats of a container. */
export async function statsOf(rpc: CriRpc, container: Container): Promise<ContainerStats | undefined> {
  return (await rpc.containerStats({ containerId: container.id })).stats;
}

/** ContainerStats once they hold usage of CPU and memory: a runtime may collect them at intervals. */
export async function usageOf(rpc: CriRpc, container: Container): Promise<ContainerStats> {
  return until(
    "ContainerStats to report usage of CPU and memory",
    async () => {
      const stats = await statsOf(rpc, container);
      return stats?.cpu?.usageCoreNanoSeconds && stats.memory?.workingSetBytes && stats;
    },
    { timeoutMs: COLLECTED_MS },
  );
}

/** Runtimes that collect statistics at intervals do so every ten seconds; this allows for two and a busy node. */
export const COLLECTED_MS = 30_000;

/** An optional value of a statistic; undefined where it is not reported. */
export const valueOf = (wrapped: { value: bigint } | undefined): number | undefined =>
  wrapped === undefined ? undefined : Number(wrapped.value);

/** How far a statistic's timestamp is from the clock of this machine, in milliseconds. */
export const clockDistanceMs = (timestampNs: bigint): number => Math.abs(Number(timestampNs) / NS_PER_MS - Date.now());

/** States that the usage of memory, as far as it is reported, covers what `hold` holds. */
export function expectHeld(memory: MemoryUsage | undefined, subject: string, mebibytes: number): void {
  for (const [name, wrapped] of Object.entries({
    working_set_bytes: memory?.workingSetBytes,
    usage_bytes: memory?.usageBytes,
  })) {
    if (wrapped) expect(valueOf(wrapped), `${subject}.${name}`).to.be.at.least(mebibytes * MIB);
  }
  // The memory of a sandboxed kernel is a file's to the node, but the kernel itself needs some of its own.
  if (memory?.rssBytes) expect(valueOf(memory.rssBytes), `${subject}.rss_bytes`).to.be.at.least(MIB / 4);
}

/** A command that uses so much CPU time, however long that takes on a busy node, and then ends. */
export const work = (cpuMs: number): string[] => sh(workScript(cpuMs));

/** A command whose process uses so much CPU time and then idles. */
export const burn = (cpuMs: number): string[] => sh(`${workScript(cpuMs)}; ${IDLE[2] ?? ""}`);

const workScript = (cpuMs: number): string =>
  // User and system time are fields 14 and 15 of /proc/PID/stat, in hundredths of a second (proc(5)).
  `while read -r stat < /proc/$$/stat; set -- $stat; [ $((\${14} + \${15})) -lt ${cpuMs / 10} ]; do
    i=0; while [ $i -lt 10000 ]; do i=$((i + 1)); done
  done`;

/** A command that holds so much touched memory: dd keeps its buffer for as long as nobody reads what it writes. */
export const hold = (mebibytes: number): string[] => sh(`dd if=/dev/zero bs=${mebibytes}M count=1 | sleep 2147483`);
