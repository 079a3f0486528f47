import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ProcessFacts } from "./processes.js";

/** The path of the memory controller's group in /proc/PID/cgroup, and the file that holds its usage. */
const HIERARCHIES = [
  { line: /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m, mount: "/sys/fs/cgroup/memory", file: "memory.usage_in_bytes" },
  { line: /^0::(.*)$/m, mount: "/sys/fs/cgroup", file: "memory.current" },
];

/**
 * What the kernel charges to the control groups of some processes, in bytes, page cache included. Groups that do not carry
 * one of the ids in their path are left out: they hold other things as well.
 *
 * @returns undefined when no such group can be read, as for runtimes that use none per pod.
 */
export async function cgroupMemoryBytes(
  processes: readonly ProcessFacts[],
  ids: readonly string[],
): Promise<number | undefined> {
  const files = new Set(processes.flatMap((process) => usageFileOf(process, ids) ?? []));
  const usages = await Promise.all([...files].map(readNumber));
  const known = usages.filter((usage) => usage !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, usage) => sum + usage, 0);
}

function usageFileOf({ cgroups }: ProcessFacts, ids: readonly string[]): string | undefined {
  for (const { line, mount, file } of HIERARCHIES) {
    const path = line.exec(cgroups)?.[1];
    if (path !== undefined && ids.some((id) => path.includes(id))) return join(mount, path, file);
  }
  return undefined;
}

async function readNumber(path: string): Promise<number | undefined> {
  try {
    return Number(await readFile(path, "utf8"));
  } catch {
    return undefined;
  }
}
