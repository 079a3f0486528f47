import { readFile } from "node:fs/promises";
import type { Container } from "./container.js";

/** A mount as a process sees it. */
export interface MountEntry {
  path: string;
  /** Numbers of the file system's device, as `MAJOR:MINOR`. */
  device: string;
  /** The part of the file system that is mounted. */
  root: string;
  readOnly: boolean;
  /** Options of the mount itself and of its file system. */
  options: string[];
  type: string;
}

/** The mounts of a container, in the order in which they cover each other. */
export async function mountsOf(container: Container): Promise<MountEntry[]> {
  return parseMounts(await container.output(["cat", "/proc/self/mountinfo"]));
}

/** The mounts that a process of the node sees. */
export async function processMounts(pid: number | "self"): Promise<MountEntry[]> {
  return parseMounts(await readFile(`/proc/${pid}/mountinfo`, "utf8"));
}

/** The mounts that the suite sees on the node; the runtime's own where the run has the feature `node-mounts`. */
export function nodeMounts(): Promise<MountEntry[]> {
  return processMounts("self");
}

/** Parses /proc/PID/mountinfo, see proc(5). */
function parseMounts(text: string): MountEntry[] {
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [mount = "", fileSystem = ""] = line.split(" - ");
      const [, , device = "", root = "", path = "", options = ""] = mount.split(" ");
      const [type = "", , superOptions = ""] = fileSystem.split(" ");
      const own = options.split(",");
      return { path, device, root, type, readOnly: own.includes("ro"), options: [...own, ...superOptions.split(",")] };
    });
}
