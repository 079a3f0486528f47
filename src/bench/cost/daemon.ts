import { readdir, readFile, readlink, realpath } from "node:fs/promises";
import { join } from "node:path";

/** Flag of a listening socket in /proc/net/unix (__SO_ACCEPTCON). */
const LISTENING = 0x10000;

/**
 * Finds the process that listens on a UNIX socket: the runtime's daemon.
 *
 * @returns its pid; undefined when nobody listens there, or when this process may not look.
 */
export async function findListener(socketPath: string): Promise<number | undefined> {
  const path = await realpath(socketPath).catch(() => socketPath);
  const inode = inodeOf(await readFile("/proc/net/unix", "utf8"), new Set([path, socketPath]));
  if (inode === undefined) return undefined;
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    if (await holds(pid, `socket:[${inode}]`)) return Number(pid);
  }
  return undefined;
}

/** The socket's inode: the second last column, before the path. */
function inodeOf(table: string, paths: ReadonlySet<string>): string | undefined {
  for (const line of table.split("\n")) {
    const [, , , flags = "0", , , inode, path = ""] = line.trim().split(/\s+/);
    if (paths.has(path) && Number.parseInt(flags, 16) & LISTENING) return inode;
  }
  return undefined;
}

async function holds(pid: string, target: string): Promise<boolean> {
  const folder = join("/proc", pid, "fd");
  const files = await readdir(folder).catch(() => []);
  for (const file of files) if ((await readlink(join(folder, file)).catch(() => "")) === target) return true;
  return false;
}
