import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

/** How often a log is looked at although no notification came: inotify drops events when its queue overflows. */
export const FALLBACK_PERIOD_MS = 20;

/**
 * Reads the beginning or the end of a log file into a buffer, as much as that holds. A container decides what is in the
 * file's place: a link is not followed, and a pipe is not waited for.
 *
 * @returns what was read; undefined where there is no file
 */
export function readLogPart(path: string, part: "head" | "tail", buffer: Buffer): Buffer | undefined {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) return undefined;
    const from = part === "head" ? 0 : Math.max(0, stat.size - buffer.length);
    return buffer.subarray(0, readSync(file, buffer, 0, buffer.length, from));
  } finally {
    closeSync(file);
  }
}
