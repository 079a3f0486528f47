import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** A process of this host, as far as its cost is concerned. */
export interface ProcessFacts {
  pid: number;
  parentPid: number;
  /** Name of the executable, at most 15 characters (proc_pid_comm(5)). */
  name: string;
  /** Arguments, separated by blanks; empty for kernel threads. */
  commandLine: string;
  /** Paths in all hierarchies, one per line, as /proc/PID/cgroup has them. */
  cgroups: string;
  /** CPU time of the process and of its children that have ended and were waited for, in clock ticks. */
  cpuTicks: number;
}

/** Reads all processes; one that ends meanwhile is left out. */
export async function listProcesses(procFolder = "/proc"): Promise<ProcessFacts[]> {
  const pids = (await readdir(procFolder)).filter((name) => /^\d+$/.test(name));
  const processes = await Promise.all(pids.map((pid) => readProcess(procFolder, pid)));
  return processes.filter((process) => process !== undefined);
}

async function readProcess(procFolder: string, pid: string): Promise<ProcessFacts | undefined> {
  const read = (file: string) => readFile(join(procFolder, pid, file), "utf8");
  try {
    const [stat, commandLine, cgroups] = await Promise.all([read("stat"), read("cmdline"), read("cgroup")]);
    return { ...parseStat(stat), commandLine: commandLine.replaceAll("\0", " ").trim(), cgroups };
  } catch {
    return undefined;
  }
}

/** Field numbers of proc_pid_stat(5), counted from the one after the name, which may itself hold blanks and brackets. */
const FIELD = { parentPid: 1, utime: 11, stime: 12, cutime: 13, cstime: 14 } as const;

function parseStat(stat: string): Pick<ProcessFacts, "pid" | "parentPid" | "name" | "cpuTicks"> {
  const nameEnd = stat.lastIndexOf(")");
  const fields = stat.slice(nameEnd + 2).split(" ");
  const { parentPid, ...times } = FIELD;
  return {
    pid: Number.parseInt(stat, 10),
    parentPid: Number(fields[parentPid]),
    name: stat.slice(stat.indexOf("(") + 1, nameEnd),
    cpuTicks: Object.values(times).reduce((sum, field) => sum + Number(fields[field]), 0),
  };
}

/** What a process is there for. */
export type ProcessRole = "shim" | "sandbox" | "vm" | "workload";

/** By the names of the executables of containerd, CRI-O, gVisor and Kata, as the kernel cuts them off. */
const ROLES: readonly [RegExp, ProcessRole][] = [
  [/^(containerd-shim|conmon)/, "shim"],
  [/^(runsc|exe$|gofer|sentry)/, "sandbox"],
  [/^(qemu|cloud-hyperviso|firecracker|dragonball|stratovirt|virtiofsd|nydusd)/, "vm"],
];

export function roleOf({ name }: ProcessFacts): ProcessRole {
  return ROLES.find(([pattern]) => pattern.test(name))?.[1] ?? "workload";
}

/**
 * The processes that exist because of a pod: those with its id or one of its containers' ids in their command line (shims,
 * monitors, sentries, VMMs, file servers) or in a cgroup's path, the shims that are parents of these, since gVisor's has no
 * id in its command line, and all their descendants.
 *
 * @param ids sandbox and container ids; long random texts, so that no other process has them by chance.
 */
export function processesOf(ids: readonly string[], processes: readonly ProcessFacts[]): ProcessFacts[] {
  const byPid = new Map(processes.map((process) => [process.pid, process]));
  const found = new Set(
    processes.filter(({ commandLine, cgroups }) => ids.some((id) => commandLine.includes(id) || cgroups.includes(id))),
  );
  for (const { parentPid } of [...found]) {
    const parent = byPid.get(parentPid);
    if (parent && roleOf(parent) === "shim") found.add(parent);
  }
  for (let grown = true; grown;) {
    const pids = new Set([...found].map(({ pid }) => pid));
    const children = processes.filter((process) => pids.has(process.parentPid) && !found.has(process));
    for (const child of children) found.add(child);
    grown = children.length > 0;
  }
  return [...found];
}

/**
 * Proportional set size of a process in bytes: its own pages, and of each shared page the share (proc_pid_smaps(5)).
 * Undefined when the process has ended or may not be read.
 */
export async function readPssBytes(pid: number, procFolder = "/proc"): Promise<number | undefined> {
  try {
    const rollup = await readFile(join(procFolder, String(pid), "smaps_rollup"), "utf8");
    const match = /^Pss:\s+(\d+) kB$/m.exec(rollup);
    return match ? Number(match[1]) * 1024 : undefined;
  } catch {
    return undefined;
  }
}
