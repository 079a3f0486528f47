import { readFile } from "node:fs/promises";
import { findInfo, parseInfo } from "./verbose-info.js";

/**
 * The process on the node that a verbose PodSandboxStatus or ContainerStatus names, as containerd and CRI-O do.
 * @returns undefined where none is named, or none that exists here: a runtime in a PID namespace of its own counts differently
 */
export async function hostPid(info: Readonly<Record<string, string>>): Promise<number | undefined> {
  const pid = findInfo(parseInfo(info), "pid");
  if (typeof pid !== "number" || !Number.isInteger(pid) || pid <= 1) return undefined;
  return (await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined)) === undefined ? undefined : pid;
}

/** The kernel counts process start times in hundredths of a second, whatever its own tick (USER_HZ). */
const USER_TICK_MS = 10;

/** How long ago a process of the node was started, in milliseconds; undefined where there is none. */
export async function processAgeMs(pid: number): Promise<number | undefined> {
  const [stat, uptime] = await Promise.all(
    [`/proc/${pid}/stat`, "/proc/uptime"].map((file) => readFile(file, "utf8").catch(() => undefined)),
  );
  if (stat === undefined || uptime === undefined) return undefined;
  // The command's name may hold blanks and brackets; the fields after it are plain. Start time is field 22 (proc(5)).
  const startTicks = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
  return Number(uptime.split(" ")[0]) * 1_000 - startTicks * USER_TICK_MS;
}
