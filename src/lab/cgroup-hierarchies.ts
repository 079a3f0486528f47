import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import { LabError } from "./lab-error.js";

/** One mounted hierarchy of control groups (cgroups(7)). */
export interface CgroupHierarchy {
  readonly version: 1 | 2;
  readonly mountPoint: string;
  /** v1: the controllers of this hierarchy. Empty for v2 and for the named one. */
  readonly controllers: readonly string[];
  /** v1: the name of a hierarchy without controllers, such as `systemd`. */
  readonly name?: string;
}

/** One thing to mount, create or link in the lab's mount namespace; the meaning of source depends on the kind. */
export type MountStep = readonly [
  kind: "bind" | "tmpfs" | "cgroup" | "cgroup2" | "link",
  source: string,
  target: string,
];

const cgroupFolder = "/sys/fs/cgroup";

/** Reads which hierarchies are mounted on this host. */
export async function hostHierarchies(): Promise<CgroupHierarchy[]> {
  return parseHierarchies(await readFile("/proc/self/mountinfo", "utf8"));
}

/**
 * Picks from a mountinfo (proc_pid_mountinfo(5)) the hierarchies that containers use: the single one of v2, or those of v1.
 * In hybrid mode, v1 controllers beside a v2 hierarchy, the latter is left out, because crun refuses the mixture.
 *
 * @throws LabError when there is none.
 */
export function parseHierarchies(mountinfo: string): CgroupHierarchy[] {
  const found = new Map<string, CgroupHierarchy>();
  for (const line of mountinfo.split("\n")) {
    const [mount = "", superblock = ""] = line.split(" - ");
    const mountPoint = mount.split(" ")[4] ?? "";
    const [type, , options = ""] = superblock.split(" ");
    if (!mountPoint.startsWith(cgroupFolder)) continue;
    if (type === "cgroup2") found.set(mountPoint, { version: 2, mountPoint, controllers: [] });
    if (type === "cgroup") found.set(mountPoint, parseV1(mountPoint, options));
  }
  const v1 = [...found.values()].filter((hierarchy) => hierarchy.version === 1);
  const v2 = found.get(cgroupFolder);
  if (v2?.version === 2) return [v2];
  if (v1.length === 0) {
    throw new LabError(`No control groups are mounted under ${cgroupFolder}`, "mount them, or run where they are");
  }
  return v1;
}

const otherV1Options =
  /^(rw|ro|none|xattr|noprefix|clone_children|cpuset_v2_mode|favordynmods|release_agent=.*|name=.*)$/;

function parseV1(mountPoint: string, options: string): CgroupHierarchy {
  const all = options.split(",");
  const name = all.find((option) => option.startsWith("name="))?.slice("name=".length);
  const controllers = all.filter((option) => !otherV1Options.test(option));
  return { version: 1, mountPoint, controllers, ...(name === undefined ? {} : { name }) };
}

/**
 * The steps that make /sys/fs/cgroup show the lab's own control groups as the whole, inside its control group namespace.
 */
export function cgroupMountSteps(hierarchies: readonly CgroupHierarchy[]): MountStep[] {
  if (hierarchies[0]?.version === 2) return [["cgroup2", "", cgroupFolder]];
  return [
    ["tmpfs", "", cgroupFolder],
    ...hierarchies.flatMap(({ mountPoint, controllers, name }): MountStep[] => {
      // A folder of several controllers, as cpu,cpuacct, has a link for each.
      const target = join(cgroupFolder, basename(mountPoint));
      const aliases = controllers.filter((controller) => controller !== basename(mountPoint));
      return [
        ["cgroup", name === undefined ? controllers.join(",") : `none,name=${name}`, target],
        ...aliases.map((alias): MountStep => ["link", basename(target), join(dirname(target), alias)]),
      ];
    }),
  ];
}
