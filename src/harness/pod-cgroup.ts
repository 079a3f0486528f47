import { existsSync } from "node:fs";
import { readdir, readFile, rmdir } from "node:fs/promises";
import type { Probe } from "./probe.js";
import type { SpecContext } from "./spec-context.js";

/** The cgroup of a process of the node, as a path below the root of the hierarchy that limits memory. */
export async function cgroupOf(pid: number): Promise<string> {
  const lines = (await readFile(`/proc/${pid}/cgroup`, "utf8")).trim().split("\n");
  const entries = lines.map((line) => /^\d+:([^:]*):(.*)$/.exec(line) ?? []);
  const entry =
    entries.find(([, controllers]) => controllers?.split(",").includes("memory")) ??
    entries.find(([, controllers]) => controllers === "");
  return entry?.[2] ?? "";
}

/**
 * The folders of a process's cgroups on this node, one per mounted hierarchy that it is not in the root of.
 * @returns those that exist: a suite in a cgroup namespace of its own may not see them
 */
export async function cgroupFolders(pid: number): Promise<string[]> {
  const [cgroups, mounts] = await Promise.all(
    [`/proc/${pid}/cgroup`, "/proc/self/mountinfo"].map((file) => readFile(file, "utf8")),
  );
  // proc(5): root and mount point are fields 4 and 5; the type and the super options, which name the controllers, follow
  // the dash.
  const hierarchies = [...(mounts ?? "").matchAll(/^\d+ \d+ \S+ (\S+) (\S+) .* - (cgroup2?) \S+ (\S+)$/gm)];
  const folders: string[] = [];
  for (const [, controllers = "", path = ""] of (cgroups ?? "").matchAll(/^\d+:([^:]*):(.*)$/gm)) {
    for (const [, root = "", mountPoint = "", type, options = ""] of hierarchies) {
      const matches =
        type === "cgroup2"
          ? controllers === ""
          : controllers.split(",").every((name) => options.split(",").includes(name));
      if (path === "/" || !matches || !`${path}/`.startsWith(root === "/" ? root : `${root}/`)) continue;
      const folder = mountPoint + (root === "/" ? path : path.slice(root.length));
      if (existsSync(folder)) folders.push(folder);
    }
  }
  return folders;
}

/**
 * A parent cgroup of the spec's own for `linux.cgroup_parent`, in the form that the runtime's cgroup driver takes; what
 * is left of it goes after the spec.
 */
export function ownCgroupParent({
  probe,
  names,
  deferLast,
}: Pick<SpecContext, "names" | "deferLast"> & { probe: Pick<Probe, "cgroupDriver"> }): string {
  const name = cgroupName(names.next());
  if (probe.cgroupDriver === "systemd") return `${name}.slice`; // systemd removes it when it is empty
  deferLast(async () => removeCgroup(name, await hierarchies()));
  return `/${name}`;
}

/** Removes what a run that was killed left of its parent cgroups, and returns their names. */
export async function removeCgroupsOfRun(runId: string): Promise<string[]> {
  const ours = (name: string): boolean => name.startsWith(cgroupName(`critique-${runId}-`));
  const roots = await hierarchies();
  const children = await Promise.all(roots.map((folder) => readdir(folder).catch(() => [])));
  const names = [...new Set(children.flat())].filter(ours);
  for (const name of names) await removeCgroup(name, roots);
  return names;
}

/** A dash in a slice's name makes it a child of another slice. */
const cgroupName = (name: string): string => name.replaceAll("-", "");

/** Removes an empty cgroup and those below it from every hierarchy. */
async function removeCgroup(name: string, roots: readonly string[]): Promise<void> {
  for (const root of roots) await removeFolders(`${root}/${name}`);
}

/** Where the control group hierarchies are mounted on this node. */
async function hierarchies(): Promise<string[]> {
  const mounts = await readFile("/proc/self/mounts", "utf8");
  return [...mounts.matchAll(/^\S+ (\S+) cgroup2? /gm)].map(([, folder]) => folder!);
}

async function removeFolders(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeFolders(`${folder}/${entry.name}`);
  await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
}
