import { readdir, readFile, readlink, realpath } from "node:fs/promises";

/** Flag of a socket that listens, in /proc/net/unix (__SO_ACCEPTCON). */
const LISTENS = 0x10000;

/**
 * Whether the process that listens on a socket is in the suite's mount namespace, so that each sees the other's mounts.
 * It takes root on the node to find out.
 * @returns false also where that process cannot be found: it is then in another network or process namespace
 */
export async function sharesMounts(socketPath: string): Promise<boolean> {
  const inode = await inodeOf(socketPath);
  const own = await linkOf("/proc/self/ns/mnt");
  if (inode === undefined || own === undefined) return false;
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const files = await readdir(`/proc/${pid}/fd`).catch(() => []);
    const targets = await Promise.all(files.map((file) => linkOf(`/proc/${pid}/fd/${file}`)));
    if (targets.includes(`socket:[${inode}]`)) return (await linkOf(`/proc/${pid}/ns/mnt`)) === own;
  }
  return false;
}

const linkOf = (path: string): Promise<string | undefined> => readlink(path).catch(() => undefined);

/** The number by which /proc names a listening socket. */
async function inodeOf(socketPath: string): Promise<string | undefined> {
  const resolved = await realpath(socketPath).catch(() => socketPath);
  const table = await readFile("/proc/net/unix", "utf8").catch(() => "");
  for (const line of table.split("\n").slice(1)) {
    const [, , , flags = "", , , inode, path] = line.trim().split(/\s+/);
    if ((path === socketPath || path === resolved) && parseInt(flags, 16) & LISTENS) return inode;
  }
  return undefined;
}
