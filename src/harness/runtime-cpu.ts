import { readdir, readFile, readlink } from "node:fs/promises";

/** Processor time of a runtime, from one moment to another. */
export interface RuntimeCpu {
  cpuMs: number;
  /** What was counted: the control group holds the daemon, its shims and the programs they call. */
  of: "daemon and shims" | "daemon";
}

/** Counts the processor time of the runtime that listens at a socket on this machine. */
export class RuntimeCpuMeter {
  private constructor(
    private readonly read: () => Promise<number>,
    private readonly of: RuntimeCpu["of"],
    private readonly startMs: number,
  ) {}

  /** @returns undefined where it cannot be read: another machine, another user's process */
  static async start(socketPath: string | undefined): Promise<RuntimeCpuMeter | undefined> {
    const pid = socketPath === undefined ? undefined : await listenerPid(socketPath).catch(() => undefined);
    if (pid === undefined) return undefined;
    const cgroup = await cgroupReader(pid).catch(() => undefined);
    const read = cgroup ?? (() => processCpuMs(pid));
    try {
      return new RuntimeCpuMeter(read, cgroup ? "daemon and shims" : "daemon", await read());
    } catch {
      return undefined;
    }
  }

  /** The processor time since the start; undefined where the runtime has gone. */
  async since(): Promise<RuntimeCpu | undefined> {
    const nowMs = await this.read().catch(() => undefined);
    // A daemon that was restarted counts from zero again.
    return nowMs === undefined || nowMs < this.startMs ? undefined : { cpuMs: nowMs - this.startMs, of: this.of };
  }
}

/** The process that listens at a socket: /proc/net/unix names the socket's inode, and a descriptor of the process too. */
async function listenerPid(socketPath: string): Promise<number | undefined> {
  const inodes = (await readFile("/proc/net/unix", "utf8"))
    .split("\n")
    .map((line) => line.split(/\s+/))
    .filter((fields) => fields[7] === socketPath)
    .map((fields) => `socket:[${fields[6]}]`);
  if (inodes.length === 0) return undefined;
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
    for (const descriptor of descriptors) {
      const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => "");
      if (inodes.includes(target)) return Number(pid);
    }
  }
  return undefined;
}

/**
 * Reads the usage of the process's control group, where it has one of its own. In the hierarchy's root it would be that
 * of the whole machine, and in this process's group that of the suite as well.
 */
async function cgroupReader(pid: number): Promise<(() => Promise<number>) | undefined> {
  const [theirs, ours] = await Promise.all([cpuGroup(pid), cpuGroup("self")]);
  if (!theirs || theirs.path === "/" || theirs.path === ours?.path) return undefined;
  const candidates = theirs.isV1
    ? ["cpuacct", "cpu,cpuacct"].map((name) => `/sys/fs/cgroup/${name}${theirs.path}/cpuacct.usage`)
    : [`/sys/fs/cgroup${theirs.path}/cpu.stat`];
  for (const file of candidates) {
    const read = async (): Promise<number> => {
      const text = await readFile(file, "utf8");
      return theirs.isV1 ? Number(text) / 1e6 : Number(/^usage_usec (\d+)/m.exec(text)?.[1]) / 1e3;
    };
    if (Number.isFinite(await read().catch(() => NaN))) return read;
  }
  return undefined;
}

/** The control group that accounts for a process's processor time. */
async function cpuGroup(pid: number | "self"): Promise<{ path: string; isV1: boolean } | undefined> {
  const lines = (await readFile(`/proc/${pid}/cgroup`, "utf8")).split("\n").map((line) => line.split(":"));
  const v1 = lines.find(([, controllers]) => controllers?.split(",").includes("cpuacct"));
  const found = v1 ?? lines.find(([id]) => id === "0");
  return found?.[2] === undefined ? undefined : { path: found.slice(2).join(":"), isV1: v1 !== undefined };
}

/** The kernel gives these times in hundredths of a second, whatever its own tick (USER_HZ). */
const USER_TICK_MS = 10;

/** Of a process and its children that have ended (proc_pid_stat(5), fields 14 to 17). */
async function processCpuMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * USER_TICK_MS;
}
