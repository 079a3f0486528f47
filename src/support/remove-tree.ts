import { readFile, realpath, rm } from "node:fs/promises";
import { runProcess } from "./process.js";

/**
 * Removes a folder with all its content. Links are not followed, and what is mounted below is unmounted first: the
 * content of a mount is somebody else's.
 *
 * @throws the system's error, or that of umount(8); nothing is removed where a mount stays
 */
export async function removeTree(path: string): Promise<void> {
  const mounted = await mountsBelow(path);
  for (const point of mounted) await runProcess("umount", ["-l", "--", point]);
  const left = mounted.length > 0 ? await mountsBelow(path) : [];
  if (left.length > 0) throw new Error(`${left.join(", ")} stays mounted, so ${path} is not removed.`);
  await rm(path, { recursive: true, force: true });
}

/** Mount points at or below a folder, the last mounted first. */
export async function mountsBelow(path: string): Promise<string[]> {
  const folder = await realpath(path).catch(() => path);
  const table = await readFile("/proc/self/mountinfo", "utf8").catch(() => "");
  return mountPoints(table)
    .filter((point) => point === folder || point.startsWith(`${folder}/`))
    .reverse();
}

/** Mount points in the text of /proc/PID/mountinfo, where blanks and the like are octal (proc(5)). */
export function mountPoints(mountinfo: string): string[] {
  return mountinfo.split("\n").flatMap((line) => {
    const point = line.split(" ")[4];
    if (point === undefined) return [];
    return [point.replace(/\\(\d{3})/g, (_, code: string) => String.fromCharCode(parseInt(code, 8)))];
  });
}
