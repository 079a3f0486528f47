import { constants } from "node:fs";
import { access, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { runProcess } from "../support/process.js";
import { readElfHeader } from "./elf.js";

/** A statically linked busybox for this machine: the programs of every test image. */
export interface Busybox {
  readonly path: string;
  /** The machine it runs on, in Go's words: `amd64` or `arm64`. */
  readonly architecture: string;
  readonly contents: Buffer;
  /** The names that it answers to, such as `ls` and `sh`, sorted. */
  readonly applets: readonly string[];
}

/** No busybox on this host can go into an image. */
export class BusyboxNotFoundError extends Error {
  override readonly name = "BusyboxNotFoundError";
}

const names = ["busybox", "busybox.static", "busybox-static"];
const usualFolders = ["/bin", "/usr/bin", "/usr/local/bin", "/sbin", "/usr/sbin", "/usr/lib/initcpio"];
const goArchitectures: Readonly<Partial<Record<NodeJS.Architecture, string>>> = { x64: "amd64", arm64: "arm64" };

/** This host's machine in Go's words, as platforms of images name it. */
export const hostArchitecture: string = goArchitectures[process.arch] ?? process.arch;

/**
 * Finds a static busybox for this machine in PATH and the usual places.
 *
 * @param candidates the files to look at instead.
 * @throws BusyboxNotFoundError with what was looked at and the remedy.
 */
export async function findBusybox(candidates: readonly string[] = usualCandidates()): Promise<Busybox> {
  const rejected: string[] = [];
  for (const path of candidates) {
    const problem = await whyUnusable(path);
    if (problem === undefined) return loadBusybox(path);
    if (problem !== "missing") rejected.push(`${path} ${problem}`);
  }
  const seen = rejected.length === 0 ? "" : ` (${rejected.join(", ")})`;
  throw new BusyboxNotFoundError(
    `The test images need a static busybox for ${hostArchitecture} and none was found${seen}: install busybox-static, or use --images public.`,
  );
}

function usualCandidates(): string[] {
  const folders = [...(process.env.PATH ?? "").split(":").filter((folder) => folder.startsWith("/")), ...usualFolders];
  return [...new Set(folders)].flatMap((folder) => names.map((name) => join(folder, name)));
}

/** Says in a few words what is wrong with a file; undefined when it is a static executable for this machine. */
async function whyUnusable(path: string): Promise<string | undefined> {
  try {
    await access(path, constants.X_OK);
    await using file = await open(path);
    const header = await readElfHeader(file);
    if (header === undefined) return "is no 64-bit ELF executable";
    if (header.architecture !== hostArchitecture) return `is for ${header.architecture}`;
    return header.isStatic ? undefined : "is dynamically linked";
  } catch {
    return "missing";
  }
}

async function loadBusybox(path: string): Promise<Busybox> {
  const { stdout } = await runProcess(path, ["--list"], { timeoutMs: 10_000 });
  const applets = stdout.split("\n").filter((name) => name !== "" && !name.includes("/"));
  return { path, architecture: hostArchitecture, contents: await readFile(path), applets: applets.sort() };
}
