import type { Container } from "./container.js";
import { sh } from "./commands.js";

/** What limits a container's processes, whichever version of cgroups says so. A limit that is not set is Infinity. */
export interface CgroupLimits {
  memoryBytes?: number;
  /** Memory and swap together; absent where the kernel does not account for swap. */
  memoryAndSwapBytes?: number;
  /** CPU time per period, in microseconds. */
  cpuQuotaUs?: number;
  cpuPeriodUs?: number;
  /** Version 1 only. */
  cpuShares?: number;
  /** Version 2 only; `cpuWeightsOf` tells which ones stand for a number of shares. */
  cpuWeight?: number;
}

const LIMIT_FILES = [
  "memory.limit_in_bytes",
  "memory.memsw.limit_in_bytes",
  "cpu.cfs_quota_us",
  "cpu.cfs_period_us",
  "cpu.shares",
  "memory.max",
  "memory.swap.max",
  "cpu.max",
  "cpu.weight",
];

/**
 * Files of a running container's cgroup, read from inside, where the limits of a sandboxed or virtual kernel show too.
 * @param names file names as the kernel has them, such as `memory.max`
 * @returns contents by name; files that do not exist are left out
 */
export async function cgroupFiles(container: Container, names: readonly string[]): Promise<Record<string, string>> {
  // With the node's cgroup namespace the container's own group is further down; version 1 has a folder per controller.
  const script = `
    cd /sys/fs/cgroup || exit 0
    own=$(sed -n 's/^0:://p' /proc/self/cgroup)
    if [ -d ".$own" ]; then cd ".$own"; fi
    for file in ${names.join(" ")}; do
      for path in "$file" "\${file%%.*}/$file"; do
        if [ -f "$path" ]; then echo "$file=$(cat "$path")"; fi
      done
    done`;
  const lines = (await container.output(sh(script))).split("\n").filter((line) => line.includes("="));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1).trim()]),
  );
}

/** The limits of a running container's cgroup, as `cgroupFiles` reads them. */
export async function cgroupLimits(container: Container): Promise<CgroupLimits> {
  return parseCgroupLimits(await cgroupFiles(container, LIMIT_FILES));
}

/** The limits in the contents of cgroup files of either version. */
export function parseCgroupLimits(files: Readonly<Record<string, string>>): CgroupLimits {
  const [quota, period] = files["cpu.max"]?.split(" ") ?? [files["cpu.cfs_quota_us"], files["cpu.cfs_period_us"]];
  const memoryBytes = limit(files["memory.max"] ?? files["memory.limit_in_bytes"]);
  const swapBytes = limit(files["memory.swap.max"]);
  const limits: CgroupLimits = {
    memoryBytes,
    memoryAndSwapBytes:
      memoryBytes !== undefined && swapBytes !== undefined
        ? memoryBytes + swapBytes
        : limit(files["memory.memsw.limit_in_bytes"]),
    cpuQuotaUs: limit(quota),
    cpuPeriodUs: limit(period),
    cpuShares: limit(files["cpu.shares"]),
    cpuWeight: limit(files["cpu.weight"]),
  };
  return limits;
}

/** Version 1 says "no limit" with the largest number of whole pages; nothing real comes near it. */
const UNLIMITED_BYTES = 2 ** 62;

/** A limit file's number; version 2 has the word max and version 1 -1 or a huge number for none. */
function limit(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  return text === "max" || value < 0 || value >= UNLIMITED_BYTES ? Infinity : value;
}

/**
 * The weights of cgroup v2 that stand for CPU shares of v1: the line from [2, 262144] to [1, 10000] of KEP-2254, and the
 * curve through 1024 shares and weight 100 that OCI runtimes changed to in 2025 (runc 1.3.2, crun 1.23).
 */
export function cpuWeightsOf(shares: number): number[] {
  const line = 1 + Math.floor(((shares - 2) * 9_999) / 262_142);
  const log = Math.log2(shares);
  // A whole exponent is not made the next number by the last bit of a float.
  const curve = Math.ceil(10 ** ((log * log + 125 * log) / 612 - 7 / 34) - 1e-9);
  return [line, curve];
}
