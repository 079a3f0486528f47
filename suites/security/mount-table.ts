import type { Container } from "../../src/harness/index.js";

/** A mount as a process of the container sees it. */
export interface MountEntry {
  path: string;
  readOnly: boolean;
  /** Options of the mount itself and of its file system. */
  options: string[];
  type: string;
}

/** The mounts of a container, in the order in which they cover each other. */
export async function mountsOf(container: Container): Promise<MountEntry[]> {
  return parseMounts(await container.output(["cat", "/proc/self/mountinfo"]));
}

/** Parses /proc/PID/mountinfo, see proc(5). */
function parseMounts(text: string): MountEntry[] {
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [mount = "", fileSystem = ""] = line.split(" - ");
      const [, , , , path = "", options = ""] = mount.split(" ");
      const [type = "", , superOptions = ""] = fileSystem.split(" ");
      const own = options.split(",");
      return { path, type, readOnly: own.includes("ro"), options: [...own, ...superOptions.split(",")] };
    });
}
