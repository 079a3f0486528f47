import { existsSync, readFileSync } from "node:fs";
import { arch, availableParallelism, cpus, freemem, loadavg, release, totalmem } from "node:os";

/** The host as a measurement found it. What cannot be read is left out. */
export interface Environment {
  kernel: string;
  architecture: string;
  cpuModel: string;
  /** Logical processors this process may use. */
  cpus: number;
  /** Frequency governor of the first processor; left out where the kernel offers none, as in most virtual machines. */
  cpuGovernor?: string;
  /** True when the processor says that it is virtual (the `hypervisor` flag). */
  virtualized: boolean;
  clockSource?: string;
  cgroupVersion: "v1" | "v2" | "hybrid" | "none";
  memoryTotalBytes: number;
  memoryAvailableBytes: number;
  /** Load averages over 1, 5 and 15 minutes when the run began. */
  loadAtStart: [number, number, number];
  node: string;
  v8: string;
}

/** Reads the facts from /proc, /sys and Node. */
export function readEnvironment(): Environment {
  const cpuGovernor = readFact("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  const clockSource = readFact("/sys/devices/system/clocksource/clocksource0/current_clocksource");
  return {
    kernel: release(),
    architecture: arch(),
    cpuModel: cpus()[0]?.model ?? "unknown",
    cpus: availableParallelism(),
    ...(cpuGovernor !== undefined && { cpuGovernor }),
    virtualized: /^flags\s*:.*\bhypervisor\b/m.test(readFact("/proc/cpuinfo") ?? ""),
    ...(clockSource !== undefined && { clockSource }),
    cgroupVersion: cgroupVersion(),
    memoryTotalBytes: totalmem(),
    memoryAvailableBytes: readAvailableMemoryBytes(),
    loadAtStart: loadavg() as [number, number, number],
    node: process.version,
    v8: process.versions.v8,
  };
}

function cgroupVersion(): Environment["cgroupVersion"] {
  if (existsSync("/sys/fs/cgroup/cgroup.controllers")) return "v2";
  if (existsSync("/sys/fs/cgroup/unified/cgroup.procs")) return "hybrid";
  return existsSync("/sys/fs/cgroup/memory") ? "v1" : "none";
}

/** What the kernel could give to new processes without swapping (MemAvailable). */
export function readAvailableMemoryBytes(): number {
  const match = /^MemAvailable:\s+(\d+) kB$/m.exec(readFact("/proc/meminfo") ?? "");
  return match ? Number(match[1]) * 1024 : freemem();
}

function readFact(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}
