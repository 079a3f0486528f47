import { existsSync } from "node:fs";
import { readdir, readFile, readlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { waitUntil } from "../support/wait-until.js";
import { cgroupPids, serviceCgroup, thaw } from "./lab-cgroups.js";

/**
 * Kills all processes of a lab: those in its control groups, which no process of a container leaves by itself, and those
 * that were started in its mount namespace from outside. Control groups say this for certain, also after every recorded
 * process has died. This process and its ancestors are spared.
 *
 * @param cgroups the lab's control groups; none of them needs to exist.
 * @returns the pids of all that were killed.
 */
export async function killLabProcesses(cgroups: readonly string[]): Promise<Set<number>> {
  const spared = await selfAndAncestors();
  const visitors = await mountNamespaceMembers(cgroups);
  const killed = new Set<number>();
  const kill = (pid: number) => {
    if (spared.has(pid)) return;
    killed.add(pid);
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended already.
    }
  };
  await waitUntil(
    async () => {
      for (const root of cgroups)
        await writeFile(join(root, "cgroup.kill"), "1", { flag: "r+" }).catch(() => undefined);
      const alive = await cgroupPids(cgroups);
      for (const pid of alive) if (!spared.has(pid)) kill(pid);
      await thaw(cgroups);
      return alive.size === 0;
    },
    { description: "the lab's processes to end", timeoutMs: 30_000, firstPauseMs: 2, maxPauseMs: 50 },
  );
  visitors.forEach(kill);
  return killed;
}

/**
 * Waits until the parents of killed processes have taken notice and no zombie is left of them. Most often that parent is the
 * host's first process; some look around every two seconds only, and in a container it may never do so: not worth an error.
 */
export async function awaitReaping(pids: ReadonlySet<number>): Promise<void> {
  const isGone = () => [...pids].every((pid) => !existsSync(`/proc/${pid}`));
  await waitUntil(isGone, { description: "zombies to be reaped", timeoutMs: 5000 }).catch(() => undefined);
}

/** The processes outside the control groups that share the mount namespace of the lab's services. */
async function mountNamespaceMembers(cgroups: readonly string[]): Promise<number[]> {
  const services = await cgroupPids(cgroups.map((root) => join(root, serviceCgroup)));
  if (services.size === 0) return [];
  const own = await mountNamespace("self");
  const ofServices = new Set(await Promise.all([...services].map(mountNamespace)));
  const members: number[] = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name) || services.has(Number(name))) continue;
    const namespace = await mountNamespace(name);
    if (namespace !== undefined && namespace !== own && ofServices.has(namespace)) members.push(Number(name));
  }
  return members;
}

function mountNamespace(pid: number | string): Promise<string | undefined> {
  return readlink(`/proc/${pid}/ns/mnt`).catch(() => undefined);
}

async function selfAndAncestors(): Promise<Set<number>> {
  const pids = new Set<number>();
  let pid = process.pid;
  while (pid > 0 && !pids.has(pid)) {
    pids.add(pid);
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    pid = Number(/^PPid:\s*(\d+)/m.exec(status)?.[1] ?? 0);
  }
  return pids;
}
