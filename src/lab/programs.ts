import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { join, resolve } from "node:path";

import { type Busybox, BusyboxNotFoundError, findBusybox } from "../images/busybox.js";
import { runProcess } from "../support/process.js";
import { LabError } from "./lab-error.js";
import { systemFolders } from "./system-tool.js";

/** The programs that every lab needs, found on this host. */
export interface LabPrograms {
  /** Folders in which containerd finds its shims and OCI runtimes, the given ones first. */
  readonly searchPath: readonly string[];
  readonly containerd: string;
  readonly ctr: string;
  readonly version: ContainerdVersion;
  /** The folder of the CNI plugins. */
  readonly cniFolder: string;
  /** The programs of the pause image. */
  readonly busybox: Busybox;
}

export interface ContainerdVersion {
  readonly text: string;
  readonly major: number;
  readonly minor: number;
}

const cniPlugins = ["bridge", "host-local", "loopback", "portmap"];
/** Where Debian, Fedora, Alpine and CNI's own archive put the plugins. */
const cniFolders = ["/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"];
const cniPluginsTogether = `the CNI plugins ${cniPlugins.join(", ")}`;

const programNames = [
  "containerd",
  "ctr",
  "containerd-shim-runc-v2",
  "ip",
  "iptables",
  "iptables-save",
  "iptables-restore",
  "nsenter",
  "unshare",
];
/** Which Debian package has a program. */
const packages: Readonly<Record<string, string>> = {
  containerd: "containerd",
  ctr: "containerd",
  "containerd-shim-runc-v2": "containerd",
  ip: "iproute2",
  iptables: "iptables",
  "iptables-save": "iptables",
  "iptables-restore": "iptables",
  nsenter: "util-linux",
  unshare: "util-linux",
  [cniPluginsTogether]: "containernetworking-plugins",
  "a static busybox": "busybox-static",
};

/**
 * Finds the programs of a lab. With a containerd folder, containerd and ctr are taken from there and from nowhere else.
 *
 * @param containerdFolder a folder of binaries, or the root of an unpacked package with usr/bin in it.
 * @param programFolders further folders to search before PATH, for OCI runtimes and shims.
 * @throws LabError naming all that is missing and the Debian packages that have it.
 */
export async function findPrograms(
  containerdFolder: string | undefined,
  programFolders: readonly string[],
): Promise<LabPrograms> {
  const own = containerdFolder === undefined ? [] : await binaryFolders(resolve(containerdFolder));
  const pathFolders = (process.env.PATH ?? "").split(":").filter((folder) => folder.startsWith("/"));
  const searchPath = [
    ...new Set([...own, ...programFolders.map((folder) => resolve(folder)), ...pathFolders, ...systemFolders]),
  ];

  const containerd = await findProgram("containerd", containerdFolder === undefined ? searchPath : own);
  const ctr = await findProgram("ctr", containerdFolder === undefined ? searchPath : own);
  if (containerdFolder !== undefined && (containerd === undefined || ctr === undefined)) {
    throw new LabError(
      `${containerdFolder} has no ${containerd === undefined ? "containerd" : "ctr"}, neither itself nor in bin or usr/bin`,
      "name the folder with the binaries of containerd, or the root of an unpacked package",
    );
  }
  const missing: string[] = [];
  for (const name of programNames) {
    if ((await findProgram(name, searchPath)) === undefined) missing.push(name);
  }
  const cniFolder = await findCniFolder(containerdFolder);
  if (cniFolder === undefined) missing.push(cniPluginsTogether);
  const busybox = await findBusybox().catch((error: unknown) => {
    if (!(error instanceof BusyboxNotFoundError)) throw error;
    missing.push("a static busybox");
  });
  if (containerd === undefined || ctr === undefined || cniFolder === undefined || !busybox || missing.length > 0) {
    throw missingPrograms(missing);
  }
  return { searchPath, containerd, ctr, cniFolder, busybox, version: await containerdVersion(containerd) };
}

/** The first executable of that name in the folders. */
export async function findProgram(name: string, folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const path = join(folder, name);
    try {
      await access(path, constants.X_OK);
      if ((await stat(path)).isFile()) return path;
    } catch {
      // The next folder may have it.
    }
  }
  return undefined;
}

async function binaryFolders(folder: string): Promise<string[]> {
  const candidates = ["", "bin", "sbin", "usr/bin", "usr/sbin", "usr/local/bin", "usr/local/sbin"];
  const found: string[] = [];
  for (const candidate of candidates.map((name) => join(folder, name))) {
    const isFolder = await stat(candidate).then(
      (stats) => stats.isDirectory(),
      () => false,
    );
    if (isFolder) found.push(candidate);
  }
  return found;
}

async function findCniFolder(containerdFolder: string | undefined): Promise<string | undefined> {
  const own = containerdFolder === undefined ? [] : cniFolders.map((folder) => resolve(containerdFolder, `.${folder}`));
  for (const folder of [...(process.env.CNI_PATH ?? "").split(":").filter(Boolean), ...own, ...cniFolders]) {
    const plugins = await Promise.all(cniPlugins.map((plugin) => findProgram(plugin, [folder])));
    if (!plugins.includes(undefined)) return folder;
  }
  return undefined;
}

function missingPrograms(missing: readonly string[]): LabError {
  const wanted = new Set(missing.map((name) => packages[name] ?? name));
  if (wanted.has("containerd")) wanted.add("runc");
  return new LabError(
    `A lab needs what this host does not have: ${missing.join("; ")}`,
    `install it, on Debian with: apt-get install ${[...wanted].join(" ")}`,
  );
}

async function containerdVersion(containerd: string): Promise<ContainerdVersion> {
  const { stdout } = await runProcess(containerd, ["--version"], { timeoutMs: 10_000 });
  return parseContainerdVersion(stdout);
}

/**
 * Reads what `containerd --version` prints, such as `containerd github.com/containerd/containerd 1.6.20~ds1 REVISION`.
 *
 * @throws LabError when there is no version in it, or one that is too old for CRI v1.
 */
export function parseContainerdVersion(output: string): ContainerdVersion {
  const found = /\sv?((\d+)\.(\d+)\S*)/.exec(output);
  if (found === null) {
    throw new LabError(`"${output.trim()}" names no version of containerd`, "use a release of containerd 1.6 or later");
  }
  const version = { text: found[1] ?? "", major: Number(found[2]), minor: Number(found[3]) };
  if (version.major < 1 || (version.major === 1 && version.minor < 6)) {
    throw new LabError(`containerd ${version.text} has no CRI v1`, "use containerd 1.6 or later");
  }
  return version;
}
