import { readdir, readlink, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";

import { hostHierarchies } from "./cgroup-hierarchies.js";
import { labFolders } from "./lab-folders.js";
import { leaveHost } from "./host-changes.js";
import { withHostLock } from "./host-lock.js";
import { labCgroups, removeCgroups } from "./lab-cgroups.js";
import { LabError } from "./lab-error.js";
import { labIdentity } from "./lab-identity.js";
import { removeNetwork } from "./lab-network.js";
import { awaitReaping, killLabProcesses } from "./lab-processes.js";
import { labIds, type LabState, labsFolder, readLabState } from "./lab-state.js";
import { isAlive } from "../support/process-identity.js";

/** How a lab is: `broken` when its containerd has ended, or when it was never finished and nobody is at it any more. */
export type LabCondition = "starting" | "up" | "broken";

/** All labs on this host that have a state, those of other processes included, in the order of their ids. */
export async function listLabs(): Promise<LabState[]> {
  const states = await Promise.all((await labIds()).map(readLabState));
  return states.filter((state) => state !== undefined);
}

/** Looks at the processes of a lab. */
export async function labCondition(state: LabState): Promise<LabCondition> {
  const { containerd } = state.processes;
  if (state.phase === "up") return containerd !== null && (await isAlive(containerd)) ? "up" : "broken";
  return state.owner !== null && (await isAlive(state.owner)) ? "starting" : "broken";
}

/**
 * Removes a lab with everything that belongs to it: processes, pods, mounts, network, firewall rules, control groups and
 * files. Works in any state that a lab can be in, after a crash too, and may be repeated.
 *
 * @returns false when there was no such lab.
 * @throws LabError when the id is malformed, or when something cannot be removed.
 */
export async function stopLab(id: string): Promise<boolean> {
  const identity = labIdentity(id);
  if (!(await labIds()).includes(id)) return false;
  const state = await readLabState(id);
  const cgroups = state?.cgroups ?? labCgroups(await hostHierarchies(), identity.cgroupName);
  try {
    const killed = await killLabProcesses(cgroups);
    await withHostLock(async () => {
      await removeNetwork(identity);
      await removeCgroups(cgroups);
      await leaveHost(id);
    });
    if (state?.socketLink) await removeSocketLink(state.socketLink, labFolders(state.folder).socket);
    await removeFolder(join(labsFolder(), id));
    await awaitReaping(killed);
  } catch (error) {
    throw new LabError(
      `Lab ${id} could not be removed completely (${(error as Error).message})`,
      "act as the user who started it, usually root, and try again",
      { cause: error },
    );
  }
  return true;
}

/**
 * Removes the labs whose owner has ended without removing them: those that a crash cut off while they started, and those
 * that lived for one run.
 *
 * @returns their ids.
 */
export async function removeAbandonedLabs(): Promise<string[]> {
  // Under the lock no lab is between its folder and its state, so one without a state is cut off as well.
  const abandoned = await withHostLock(async () => {
    const found: string[] = [];
    for (const id of await labIds()) {
      const state = await readLabState(id);
      if (state === undefined || (state.owner !== null && !(await isAlive(state.owner)))) found.push(id);
    }
    return found;
  });
  for (const id of abandoned) await stopLab(id);
  return abandoned;
}

async function removeSocketLink(path: string, socket: string): Promise<void> {
  if ((await readlink(path).catch(() => undefined)) === socket) await rm(path);
}

/** Removes a lab's folder, the state in it last, so that a removal that was cut off can be repeated. */
async function removeFolder(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (name !== "lab.json") await rm(join(folder, name), { recursive: true, force: true });
  }
  await rm(folder, { recursive: true, force: true });
  // Other labs keep it.
  await rmdir(labsFolder()).catch(() => undefined);
}
