import { lstat } from "node:fs/promises";
import { dirname, isAbsolute } from "node:path";

import { buildLab, type LabPlan } from "./build-lab.js";
import { hostHierarchies } from "./cgroup-hierarchies.js";
import { netnsFolder, supportsCdi, supportsNri } from "./containerd-config.js";
import { pauseImage } from "./containerd-control.js";
import { usualHandlers } from "./handlers.js";
import { withHostLock } from "./host-lock.js";
import { labCgroups } from "./lab-cgroups.js";
import { claimLab } from "./lab-claim.js";
import { LabError } from "./lab-error.js";
import { foldersToHide, labFolders } from "./lab-folders.js";
import type { LabStorage } from "./lab-storage.js";
import { hostHasIpv6 } from "./lab-network.js";
import { type LabState, writeLabState } from "./lab-state.js";
import { findPrograms } from "./programs.js";
import { processIdentity } from "../support/process-identity.js";
import { removeAbandonedLabs, stopLab } from "./stop-lab.js";

export interface StartLabOptions {
  /** Where clients shall find the CRI socket, besides the lab's own folder; nothing may be there yet. */
  readonly socketPath?: string;
  /** Handlers that the lab must have. Default: those of runc, crun, runsc and kata that work. */
  readonly handlers?: readonly string[];
  /** The handler of pods that name none; default runc, or the first that works. */
  readonly defaultHandler?: string;
  /** A folder with another containerd's binaries, or the root of an unpacked package. */
  readonly containerdFolder?: string;
  /** Folders with OCI runtimes and shims, searched before PATH. */
  readonly programFolders?: readonly string[];
  /** Where images and containers are kept. Default: on disk, as on a node. */
  readonly storage?: LabStorage;
  /** Makes the lab one that is removed by the next lab when this process ends without having done so. */
  readonly ownedByThisProcess?: boolean;
  /** Asked, after containerd itself answers, until it says yes: a Status call of CRI. */
  readonly isReady?: (endpoint: string) => Promise<boolean>;
  readonly onProgress?: (line: string) => void;
  /** Aborting removes what was started, then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Starts a private containerd with handlers, network, control groups and mounts of its own, which leaves other runtimes of
 * the host alone, and returns when its CRI endpoint answers. It outlives this process; {@link stopLab} removes it.
 *
 * @throws LabError saying what stood in the way and what to do; nothing stays behind then.
 */
export async function startLab(options: StartLabOptions = {}): Promise<LabState> {
  const { signal, onProgress = () => undefined } = options;
  if (process.getuid?.() !== 0) throw new LabError("A lab needs root", "run the command with sudo");
  const programs = await findPrograms(options.containerdFolder, options.programFolders ?? []);
  await checkSocketPath(options.socketPath);
  for (const id of await removeAbandonedLabs()) onProgress(`removed lab ${id}, whose owner had left it behind`);

  const wanted = options.handlers ?? usualHandlers;
  const common = {
    programs,
    hierarchies: await hostHierarchies(),
    ipv6: await hostHasIpv6(),
    hiddenFolders: await foldersToHide(wanted, programs.searchPath),
    handlers: { wanted, required: options.handlers ?? [] },
    defaultHandler: options.defaultHandler,
    storage: options.storage ?? "disk",
    isReady: options.isReady,
    signal,
  };
  const { plan, state } = await withHostLock(async () => {
    const { identity, folder } = await claimLab(common.hierarchies);
    const report = (line: string) => onProgress(`lab ${identity.id}: ${line}`);
    const plan: LabPlan = { ...common, identity, folders: labFolders(folder), onProgress: report };
    const state = await firstState(plan, options.socketPath);
    await writeLabState(state);
    return { plan, state };
  }, signal);

  try {
    const built = await buildLab(state, plan);
    const up: LabState = { ...built, phase: "up", owner: options.ownedByThisProcess ? built.owner : null };
    await writeLabState(up);
    return up;
  } catch (error) {
    await stopLab(state.id).catch((leftover: unknown) => onProgress((leftover as Error).message));
    signal?.throwIfAborted();
    if (error instanceof LabError) throw error;
    throw new LabError(
      `The lab could not be started (${(error as Error).message})`,
      "mend this; critique doctor tells what else a lab needs",
      { cause: error },
    );
  }
}

async function firstState(plan: LabPlan, socketPath: string | undefined): Promise<LabState> {
  const { identity, folders, programs, hierarchies, ipv6 } = plan;
  const { version } = programs;
  return {
    schemaVersion: 1,
    id: identity.id,
    folder: folders.root,
    createdAt: new Date().toISOString(),
    phase: "starting",
    owner: (await processIdentity(process.pid)) ?? null,
    endpoint: `unix://${socketPath ?? folders.socket}`,
    socketLink: socketPath ?? null,
    processes: { holder: null, containerd: null },
    containerd: { path: programs.containerd, version: version.text, config: folders.config },
    handlers: [],
    defaultHandler: "",
    unavailableHandlers: [],
    notes: [],
    network: {
      bridge: identity.bridge,
      name: identity.networkName,
      ipv4Subnet: identity.ipv4.subnet,
      ipv6Subnet: ipv6 ? identity.ipv6.subnet : null,
    },
    cgroups: labCgroups(hierarchies, identity.cgroupName),
    netnsFolder: netnsFolder({ version, folders }),
    registryHostsFolder: folders.registryHosts,
    cdiFolder: supportsCdi(version) ? folders.cdi : null,
    nriSocket: supportsNri(version) ? folders.nriSocket : null,
    pauseImage,
    logFile: folders.log,
  };
}

async function checkSocketPath(path: string | undefined): Promise<void> {
  if (path === undefined) return;
  if (!isAbsolute(path)) throw new LabError(`The socket path "${path}" is relative`, "give an absolute path");
  const parent = await lstat(dirname(path)).catch(() => undefined);
  if (parent === undefined)
    throw new LabError(`There is no folder ${dirname(path)}`, "create it, or choose another path");
  if ((await lstat(path).catch(() => undefined)) !== undefined) {
    throw new LabError(`${path} exists already`, "remove it if nothing listens there, or choose another path");
  }
}
