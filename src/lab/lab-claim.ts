import { access, chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";

import type { CgroupHierarchy } from "./cgroup-hierarchies.js";
import { labCgroups } from "./lab-cgroups.js";
import { LabError } from "./lab-error.js";
import { labIdCount, type LabIdentity, labIdentity, labIdOf } from "./lab-identity.js";
import { interfaceExists, type Ipv4Network, networksOverlap, parseIpv4Network, routedNetworks } from "./lab-network.js";
import { labsFolder } from "./lab-state.js";
import { makeFolder } from "../support/make-folder.js";

/** A lab's identity and the empty folder that claims it. */
export interface Claim {
  readonly identity: LabIdentity;
  readonly folder: string;
}

/**
 * Takes an id whose names and addresses nobody on this host uses, by creating its folder. Call it under the host lock.
 *
 * @throws LabError when none is free or the folder cannot be created.
 */
export async function claimLab(hierarchies: readonly CgroupHierarchy[]): Promise<Claim> {
  const networks = await routedNetworks();
  const first = Math.floor(Math.random() * labIdCount);
  for (let offset = 0; offset < labIdCount; offset += 1) {
    const identity = labIdentity(labIdOf((first + offset) % labIdCount));
    if (await isTaken(identity, networks, hierarchies)) continue;
    const folder = join(labsFolder(), identity.id);
    if (await createFolder(folder)) return { identity, folder };
  }
  throw new LabError(
    "All subnets of 198.18.0.0/15 that a lab could use are taken on this host",
    "remove labs, or routes that cover it",
  );
}

async function isTaken(
  identity: LabIdentity,
  networks: readonly Ipv4Network[],
  hierarchies: readonly CgroupHierarchy[],
): Promise<boolean> {
  const subnet = parseIpv4Network(identity.ipv4.subnet);
  if (subnet !== undefined && networks.some((network) => networksOverlap(network, subnet))) return true;
  if (await interfaceExists(identity.bridge)) return true;
  const [cgroup = ""] = labCgroups(hierarchies, identity.cgroupName);
  return access(cgroup).then(
    () => true,
    () => false,
  );
}

/** Creates a lab's folder; false when it exists. Users that user-namespaced containers map to must be able to pass through. */
async function createFolder(folder: string): Promise<boolean> {
  try {
    makeFolder(labsFolder(), 0o711);
    await mkdir(folder, { mode: 0o711 });
    // The umask may have taken bits away.
    await chmod(labsFolder(), 0o711);
    await chmod(folder, 0o711);
    return true;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    throw new LabError(
      `The folder ${folder} cannot be created (${message})`,
      "run as root, or name another folder in the environment variable CRITIQUE_LABS_FOLDER",
      { cause: error },
    );
  }
}
