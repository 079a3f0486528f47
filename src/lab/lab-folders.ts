import { mkdir, statfs } from "node:fs/promises";
import { join } from "node:path";

import type { MountStep } from "./cgroup-hierarchies.js";
import { MEMORY_LIMIT_BYTES } from "./lab-storage.js";
import { findProgram } from "./programs.js";

/** Where a lab keeps what. Everything is below `root`. */
export interface LabFolders {
  readonly root: string;
  readonly socket: string;
  readonly config: string;
  readonly log: string;
  /** containerd's persistent data. */
  readonly data: string;
  /** containerd's ephemeral state. */
  readonly state: string;
  readonly cniConfig: string;
  /** Where containerd finds the programs of CNI plugins. */
  readonly cniPlugins: string;
  readonly cniState: string;
  readonly registryHosts: string;
  readonly cdi: string;
  readonly nri: string;
  readonly nriSocket: string;
  readonly temp: string;
  /** Stand-ins for folders that are the same for every containerd on a host. */
  readonly private: string;
  readonly probe: string;
}

/** The layout of a lab's folder. */
export function labFolders(root: string): LabFolders {
  const below = (name: string) => `${root}/${name}`;
  return {
    root,
    socket: below("containerd.sock"),
    config: below("config.toml"),
    log: below("containerd.log"),
    data: below("root"),
    state: below("state"),
    cniConfig: below("cni/net.d"),
    cniPlugins: below("cni/bin"),
    cniState: below("cni/state"),
    registryHosts: below("certs.d"),
    cdi: below("cdi"),
    nri: below("nri"),
    nriSocket: below("nri/nri.sock"),
    temp: below("tmp"),
    private: below("private"),
    probe: below("probe"),
  };
}

/**
 * Folders that every containerd on a host uses, whatever its configuration says, and that the lab covers with its own in its
 * mount namespace: sockets of shims and state of OCI runtimes, results of CNI, what crun makes even when it is only asked for
 * its version, and the state of Kata Containers.
 */
export async function foldersToHide(handlers: readonly string[], searchPath: readonly string[]): Promise<string[]> {
  const folders = ["/run/containerd", "/var/lib/cni"];
  if (handlers.includes("crun")) folders.push("/run/crun");
  for (const name of handlers.filter((handler) => handler.startsWith("kata"))) {
    const shim = await findProgram(`containerd-shim-${name}-v2`, searchPath);
    if (shim !== undefined) folders.push("/run/vc", "/run/kata-containers", "/run/kata");
  }
  return [...new Set(folders)];
}

/** The lab's own folder in the place of one that the host's containerds share. */
function standIn(folders: LabFolders, path: string): string {
  return join(folders.private, path.slice(1).replaceAll("/", "-"));
}

/** Hosts keep /run in memory. */
const isEphemeral = (path: string): boolean => path.startsWith("/run/");

/**
 * How the lab covers a folder that the host's containerds share. What is ephemeral is in memory, as on a host: ext4 takes
 * long to find an inode where many were freed a moment ago, which was 6 % of all processor time of a run.
 */
export function coverStep(folders: LabFolders, path: string): MountStep {
  return isEphemeral(path) ? ["tmpfs", "", path] : ["bind", standIn(folders, path), path];
}

/** Puts containerd's persistent data into memory, too. */
export const memoryStep = (folders: LabFolders): MountStep => ["tmpfs", `,size=${MEMORY_LIMIT_BYTES}`, folders.data];

/** Makes the folders of a lab, with a stand-in for each folder that it hides. */
export async function createFolders(folders: LabFolders, hiddenFolders: readonly string[]): Promise<void> {
  const closed = [folders.cniConfig, folders.cniPlugins, folders.cniState, folders.registryHosts, folders.cdi];
  closed.push(folders.temp, folders.probe, join(folders.nri, "plugins"), join(folders.nri, "conf.d"));
  for (const folder of closed) await mkdir(folder, { recursive: true, mode: 0o700 });
  await mkdir(folders.private, { mode: 0o711 });
  for (const folder of [folders.data, folders.state]) await mkdir(folder, { mode: 0o711 });
  for (const path of hiddenFolders.filter((path) => !isEphemeral(path)))
    await mkdir(standIn(folders, path), { mode: 0o711 });
}

/** The magic number of overlayfs (statfs(2)), on which no other overlayfs can keep its upper layer. */
const overlayfsMagic = 0x794c7630;

/** The snapshotter that works in a folder. */
export async function snapshotterFor(folder: string): Promise<"overlayfs" | "native"> {
  return (await statfs(folder)).type === overlayfsMagic ? "native" : "overlayfs";
}
