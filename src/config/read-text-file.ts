import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { systemErrorReason, UsageError } from "./errors.js";

/** Files of settings are small; whoever names a disk image by mistake gets an error instead of a full memory. */
const MAX_SETTINGS_BYTES = 1 << 20;

/**
 * Reads a file that the user named.
 *
 * @param what for the message, for instance `configuration file`
 * @throws UsageError when it is missing, unreadable, no regular file, no UTF-8 or larger than `maxBytes`
 */
export async function readTextFile(path: string, what: string, maxBytes = MAX_SETTINGS_BYTES): Promise<string> {
  try {
    // Non-blocking: opening a FIFO without a writer would wait for ever.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const { size } = await regularFile(file);
      if (size > maxBytes) throw new Error(`it has ${size} bytes, and at most ${maxBytes} are read`);
      return new TextDecoder("utf-8", { fatal: true }).decode(await file.readFile());
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new UsageError(`The ${what} "${path}" cannot be read: ${reason(error)}; check its name and its permissions.`);
  }
}

async function regularFile(file: { stat: () => Promise<{ size: number; isFile: () => boolean }> }) {
  const stat = await file.stat();
  if (!stat.isFile()) throw new Error("it is no regular file");
  return stat;
}

function reason(error: unknown): string {
  return error instanceof TypeError ? "it is no UTF-8 text" : systemErrorReason(error);
}
