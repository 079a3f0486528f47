import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { waitUntil } from "../support/wait-until.js";
import type { CgroupHierarchy } from "./cgroup-hierarchies.js";
import { LabError } from "./lab-error.js";

/** The control group below the lab's own in which containerd and its shims live; pods get others beside it. */
export const serviceCgroup = "service";

/** The lab's control groups on this host, one per hierarchy. */
export function labCgroups(hierarchies: readonly CgroupHierarchy[], cgroupName: string): string[] {
  return hierarchies.map((hierarchy) => join(hierarchy.mountPoint, cgroupName));
}

/**
 * Creates the lab's control groups with one for its services below, ready to take processes.
 *
 * @throws LabError when the host's control groups are not writable.
 */
export async function createCgroups(hierarchies: readonly CgroupHierarchy[], cgroupName: string): Promise<void> {
  for (const hierarchy of hierarchies) {
    const root = join(hierarchy.mountPoint, cgroupName);
    try {
      for (const folder of [root, join(root, serviceCgroup)]) {
        await mkdir(folder);
        if (hierarchy.controllers.includes("cpuset")) await inheritCpuset(folder);
      }
    } catch (error) {
      throw new LabError(
        `The control group ${root} cannot be created (${(error as Error).message})`,
        "run as root, and in a container with writable control groups",
        { cause: error },
      );
    }
  }
}

/** A new cpuset of v1 has neither CPUs nor memory nodes, and takes no process before it has both. */
async function inheritCpuset(folder: string): Promise<void> {
  for (const file of ["cpuset.cpus", "cpuset.mems"]) {
    await writeFile(join(folder, file), await readFile(join(folder, "..", file)));
  }
}

/**
 * v2: hands all controllers that the host has on to the control groups of pods. Must follow the move of the lab's first process
 * into the service group, because a group with processes of its own cannot hand controllers down.
 *
 * @returns the controllers that could not be handed on; v1 has none of those.
 */
export async function delegateControllers(
  hierarchies: readonly CgroupHierarchy[],
  cgroupName: string,
): Promise<string[]> {
  const [first] = hierarchies;
  if (first?.version !== 2) return [];
  const all = await controllersIn(join(first.mountPoint, "cgroup.controllers"));
  return switchControllers(join(first.mountPoint, cgroupName), all, "+");
}

/**
 * v2: switches controllers on or off for the children of a control group.
 *
 * @returns those for which that was refused.
 */
export async function switchControllers(
  folder: string,
  controllers: readonly string[],
  sign: "+" | "-",
): Promise<string[]> {
  const refused: string[] = [];
  for (const controller of controllers) {
    await writeFile(join(folder, "cgroup.subtree_control"), `${sign}${controller}`).catch(() =>
      refused.push(controller),
    );
  }
  return refused;
}

/** The controllers that a file such as cgroup.controllers or cgroup.subtree_control lists. */
export async function controllersIn(file: string): Promise<string[]> {
  return (await readFile(file, "utf8")).split(/\s+/).filter(Boolean);
}

/** The pids of all processes in these control groups and those below. */
export async function cgroupPids(roots: readonly string[]): Promise<Set<number>> {
  const pids = new Set<number>();
  for (const folder of await cgroupTree(roots)) {
    const text = await readFile(join(folder, "cgroup.procs"), "utf8").catch(() => "");
    for (const pid of text.split("\n").filter(Boolean)) pids.add(Number(pid));
  }
  return pids;
}

/** Wakes processes that a paused container keeps in the v1 freezer, where a SIGKILL waits until they thaw. */
export async function thaw(roots: readonly string[]): Promise<void> {
  for (const folder of await cgroupTree(roots)) {
    await writeFile(join(folder, "freezer.state"), "THAWED", { flag: "r+" }).catch(() => undefined);
  }
}

/** Removes these control groups and those below; they must have no processes left. */
export async function removeCgroups(roots: readonly string[]): Promise<void> {
  await waitUntil(
    async () => {
      // A group stays busy for a moment after its last process has ended.
      for (const folder of (await cgroupTree(roots)).reverse()) await rmdir(folder);
      return true;
    },
    { description: `the control groups ${roots.join(", ")} to be removed`, timeoutMs: 10_000 },
  );
}

/** The folders of these control groups, parents before children; none for a group that does not exist. */
async function cgroupTree(roots: readonly string[]): Promise<string[]> {
  const folders: string[] = [];
  for (const root of roots) {
    const children = await readdir(root, { withFileTypes: true }).catch(() => undefined);
    if (children === undefined) continue;
    const below = children.filter((child) => child.isDirectory()).map((child) => join(root, child.name));
    folders.push(root, ...(await cgroupTree(below)));
  }
  return folders;
}
