import { readFile } from "node:fs/promises";

/** A process that cannot be mistaken for a later one with the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in clock ticks since the boot (proc_pid_stat(5), field 22). */
  readonly startTicks: number;
  /** The boot it lives in (/proc/sys/kernel/random/boot_id). */
  readonly bootId: string;
}

/** The identity of a living process, or undefined when there is none with this pid. */
export async function processIdentity(pid: number): Promise<ProcessIdentity | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    const bootId = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
    // The second field, the command in parentheses, may hold anything: fields are counted from its end.
    const [state, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (state === "Z" || state === "X") return undefined;
    return { pid, startTicks: Number(rest[18]), bootId };
  } catch {
    return undefined;
  }
}

/** Whether that very process still lives; a zombie does not. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  const now = await processIdentity(identity.pid);
  return now?.startTicks === identity.startTicks && now.bootId === identity.bootId;
}
