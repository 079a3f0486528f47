import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { LabError } from "./lab-error.js";
import { labIdentity } from "./lab-identity.js";
import type { ProcessIdentity } from "../support/process-identity.js";

/**
 * Where labs live: one folder per lab, named by its id. Not in /run, which is often a small file system in memory. The
 * environment variable CRITIQUE_LABS_FOLDER names another place.
 */
export function labsFolder(): string {
  return process.env.CRITIQUE_LABS_FOLDER ?? "/var/lib/critique-labs";
}

/** What is known about a lab: the content of `lab.json` in its folder, written before anything else is changed. */
export interface LabState {
  readonly schemaVersion: 1;
  readonly id: string;
  readonly folder: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** `starting` until the CRI endpoint answered. */
  readonly phase: "starting" | "up";
  /** A lab whose owner has ended is abandoned and removed by the next one. Null: the lab stays until it is stopped. */
  readonly owner: ProcessIdentity | null;
  /** The CRI endpoint, `unix:///...`. */
  readonly endpoint: string;
  /** A link to the socket at a place of the user's choice; null when none was asked for. */
  readonly socketLink: string | null;
  readonly processes: {
    /** Sleeps in the lab's mount and control group namespaces, to keep them open. */
    readonly holder: ProcessIdentity | null;
    readonly containerd: ProcessIdentity | null;
  };
  readonly containerd: { readonly path: string; readonly version: string; readonly config: string };
  readonly handlers: readonly string[];
  readonly defaultHandler: string;
  /** Handlers that were looked for and are not offered. */
  readonly unavailableHandlers: readonly { readonly name: string; readonly reason: string }[];
  /** What is different here from a lab on an unrestricted host, in sentences for people. */
  readonly notes: readonly string[];
  readonly network: {
    readonly bridge: string;
    /** The name of the CNI network, which is also the comment of every iptables rule that belongs to the lab. */
    readonly name: string;
    readonly ipv4Subnet: string;
    /** Null where the host has no IPv6. */
    readonly ipv6Subnet: string | null;
  };
  /** The lab's control groups as seen from outside, one per hierarchy. */
  readonly cgroups: readonly string[];
  /** Where network namespaces of pods are mounted, inside the lab's mount namespace. */
  readonly netnsFolder: string;
  /** `HOST/hosts.toml` files in here redirect registries, as in containerd's `config_path`. */
  readonly registryHostsFolder: string;
  /** Null where this containerd knows no CDI. */
  readonly cdiFolder: string | null;
  /** Null where this containerd knows no NRI. */
  readonly nriSocket: string | null;
  readonly pauseImage: string;
  readonly logFile: string;
}

const fileName = "lab.json";

/** Writes a lab's state so that a crash leaves either the old or the new one. */
export async function writeLabState(state: LabState): Promise<void> {
  const path = join(state.folder, fileName);
  await writeFile(`${path}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/** The state of the lab with this id; undefined when there is none or it was never written. */
export async function readLabState(id: string): Promise<LabState | undefined> {
  labIdentity(id);
  const path = join(labsFolder(), id, fileName);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new LabError(`${path} cannot be read`, "act as the user who started the lab, usually root", { cause: error });
  }
  return JSON.parse(text) as LabState;
}

/**
 * The ids of all labs that have a folder, sorted, those included that never got as far as a state.
 *
 * @throws LabError when the folder of labs cannot be read.
 */
export async function labIds(): Promise<string[]> {
  try {
    const names = await readdir(labsFolder());
    return names.filter((name) => /^[01][0-9a-f]{2}$/.test(name)).sort();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return [];
    throw new LabError(
      `The folder of labs cannot be read (${message})`,
      "act as root, or correct the environment variable CRITIQUE_LABS_FOLDER",
      { cause: error },
    );
  }
}
