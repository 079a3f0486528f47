import { readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { waitUntil } from "../support/wait-until.js";
import { cgroupMountSteps, type CgroupHierarchy } from "./cgroup-hierarchies.js";
import { createContainerProbe } from "./container-probe.js";
import { containerdConfig } from "./containerd-config.js";
import { importPauseImage, waitForContainerd, writePauseArchive } from "./containerd-control.js";
import { chooseDefaultHandler, findHandlers, type HandlerFinding } from "./handlers.js";
import { enterHost } from "./host-changes.js";
import { withHostLock } from "./host-lock.js";
import { createCgroups, delegateControllers, serviceCgroup } from "./lab-cgroups.js";
import { commandIn, joiningCgroups } from "./lab-command.js";
import { LabError } from "./lab-error.js";
import { coverStep, createFolders, type LabFolders, memoryStep, snapshotterFor } from "./lab-folders.js";
import type { LabStorage } from "./lab-storage.js";
import type { LabIdentity } from "./lab-identity.js";
import { type PreparedNamespace, prepareNamespace } from "./lab-namespace.js";
import { createNetwork, linkCniPlugins, writeCniConfig } from "./lab-network.js";
import { type LabState, writeLabState } from "./lab-state.js";
import { logTail } from "./log-tail.js";
import { processIdentity } from "../support/process-identity.js";
import type { LabPrograms } from "./programs.js";

/** What is decided about a lab before anything is made. */
export interface LabPlan {
  readonly identity: LabIdentity;
  readonly folders: LabFolders;
  readonly programs: LabPrograms;
  readonly hierarchies: readonly CgroupHierarchy[];
  readonly ipv6: boolean;
  /** Folders of the host that the lab covers with its own. */
  readonly hiddenFolders: readonly string[];
  /** The handlers to look for, and those that must be found. */
  readonly handlers: { readonly wanted: readonly string[]; readonly required: readonly string[] };
  readonly defaultHandler: string | undefined;
  readonly storage: LabStorage;
  readonly isReady: ((endpoint: string) => Promise<boolean>) | undefined;
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal | undefined;
}

/**
 * Makes all of a lab whose state is on disk, and keeps the state up to date meanwhile.
 *
 * @returns the state when the CRI endpoint has answered.
 * @throws anything; what was made until then stays.
 */
export async function buildLab(first: LabState, plan: LabPlan): Promise<LabState> {
  const { folders, programs, onProgress, signal } = plan;
  await createFolders(folders, plan.hiddenFolders);
  await linkCniPlugins(programs.cniFolder, folders);
  const archive = writePauseArchive(programs.busybox, folders.temp);
  // Its failure is met where the archive is needed, or does not matter any more.
  archive.catch(() => undefined);

  onProgress(`network ${first.network.ipv4Subnet} on ${first.network.bridge}`);
  await prepareHost(plan);
  const namespace = await prepareNamespaces(first, plan);
  const refused = await delegateControllers(plan.hierarchies, plan.identity.cgroupName);
  onProgress(`trying the handlers ${plan.handlers.wanted.join(", ")}`);
  const findings = await tryHandlers(first, plan, namespace);
  const snapshotter = plan.storage === "memory" ? "overlayfs" : await snapshotterFor(folders.root);
  const configured = await configure(first, plan, findings, snapshotter);

  onProgress(`starting containerd ${programs.version.text}`);
  const processes = await start(namespace, folders);
  const state: LabState = {
    ...configured,
    processes,
    notes: [
      ...configured.notes,
      ...(plan.storage === "memory"
        ? ["Images and containers are in memory; --lab-storage=disk keeps them on disk."]
        : []),
      ...(refused.length > 0 ? [`Containers get no limits of ${refused.join(", ")}: the host refuses those.`] : []),
    ],
  };
  await writeLabState(state);

  const { containerd: process } = processes;
  const running = { ctr: programs.ctr, socket: folders.socket, process, logFile: folders.log, signal };
  await waitForContainerd(running);
  await importPauseImage(running, await archive, snapshotter);
  if (state.socketLink !== null) await symlink(folders.socket, state.socketLink);
  const { isReady } = plan;
  if (isReady !== undefined) {
    const description = `the CRI endpoint ${state.endpoint} to be ready`;
    await waitUntil(() => isReady(state.endpoint), { description, timeoutMs: 30_000, signal });
  }
  onProgress(`${state.endpoint} answers`);
  return state;
}

async function prepareHost({ identity, folders, hierarchies, ipv6, hiddenFolders, signal }: LabPlan): Promise<void> {
  await withHostLock(async () => {
    await enterHost(identity.id, folders.root, { mountPoints: hiddenFolders, ipv6, hierarchies });
    await createNetwork(identity, ipv6);
    await createCgroups(hierarchies, identity.cgroupName);
  }, signal);
  await writeCniConfig(identity, ipv6, folders);
}

function prepareNamespaces(state: LabState, plan: LabPlan): Promise<PreparedNamespace> {
  const { folders, programs, hierarchies, hiddenFolders } = plan;
  const { XDG_RUNTIME_DIR: _runtimeFolder, NOTIFY_SOCKET: _notifySocket, ...inherited } = process.env;
  return prepareNamespace({
    cgroups: state.cgroups,
    serviceCgroups: serviceCgroups(state),
    mountSteps: [
      ...cgroupMountSteps(hierarchies),
      ...hiddenFolders.map((path) => coverStep(folders, path)),
      // Where ctr and crictl look when they are told nothing.
      ["link", folders.socket, "/run/containerd/containerd.sock"],
      ["tmpfs", "", folders.state],
      ...(plan.storage === "memory" ? [memoryStep(folders)] : []),
    ],
    command: [programs.containerd, "--config", folders.config],
    env: { ...inherited, PATH: programs.searchPath.join(":"), TMPDIR: folders.temp },
    logFile: folders.log,
  });
}

async function tryHandlers(state: LabState, plan: LabPlan, namespace: PreparedNamespace): Promise<HandlerFinding[]> {
  const { folders, programs, signal } = plan;
  const probe = await createContainerProbe({
    folder: folders.probe,
    ctr: programs.ctr,
    busybox: programs.busybox,
    inLab: (command) => joiningCgroups(serviceCgroups(state), commandIn(namespace.pid, command)),
    signal,
  });
  const search = { searchPath: programs.searchPath, labFolder: folders.root, probe };
  const findings = await findHandlers(plan.handlers.wanted, search);
  signal?.throwIfAborted();
  await rm(folders.probe, { recursive: true });
  return findings;
}

/** Writes containerd's configuration and notes in the state what it offers. */
async function configure(
  state: LabState,
  plan: LabPlan,
  findings: readonly HandlerFinding[],
  snapshotter: "overlayfs" | "native",
): Promise<LabState> {
  const { folders, programs } = plan;
  const defaultHandler = chooseDefaultHandler(findings, plan.handlers.required, plan.defaultHandler);
  const found = findings.filter((finding) => finding.available);
  const restrictOomScoreAdj = !(await mayLowerOomScore());
  const config = containerdConfig({
    version: programs.version,
    folders,
    handlers: found.map(({ handler }) => handler),
    defaultHandler,
    cniFolder: folders.cniPlugins,
    pauseImage: state.pauseImage,
    snapshotter,
    restrictOomScoreAdj,
  });
  await writeFile(folders.config, config, { mode: 0o600 });

  const notes = found.map(({ note }) => note).filter((note) => note !== undefined);
  if (restrictOomScoreAdj) notes.push("OOM scores below the runtime's own are not set: CAP_SYS_RESOURCE is missing.");
  if (snapshotter === "native") notes.push("Layers are copied: overlayfs does not work on the lab's file system.");
  return {
    ...state,
    handlers: found.map(({ handler }) => handler.name),
    defaultHandler,
    unavailableHandlers: findings.filter((finding) => !finding.available).map(({ name, reason }) => ({ name, reason })),
    notes,
  };
}

async function start(namespace: PreparedNamespace, folders: LabFolders) {
  const holder = await processIdentity(await namespace.start());
  const containerd = await processIdentity(namespace.pid);
  if (containerd === undefined || holder === undefined) {
    throw new LabError("containerd could not be started", "mend what its log says", {
      log: await logTail(folders.log),
    });
  }
  return { containerd, holder };
}

function serviceCgroups(state: LabState): string[] {
  return state.cgroups.map((cgroup) => join(cgroup, serviceCgroup));
}

/** The bit of CAP_SYS_RESOURCE (capabilities(7)). */
const capSysResource = 24n;

/** Whether an oom_score_adj may be set below the one a process has; without it every pod sandbox would fail. */
async function mayLowerOomScore(): Promise<boolean> {
  const status = await readFile("/proc/self/status", "utf8");
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? "0"}`);
  return ((effective >> capSysResource) & 1n) === 1n;
}
