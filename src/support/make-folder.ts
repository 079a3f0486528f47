import { mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

/**
 * Makes a folder and those above it that are missing, from the top down.
 *
 * Node's own recursive mkdir (20.20) never returns where a file system refuses new folders with ENOENT, as /proc does.
 *
 * @param mode permissions of the folders that are made; default those of the umask
 * @throws the system's error of the first step that fails
 */
export function makeFolder(path: string, mode?: number): void {
  const missing: string[] = [];
  for (let folder = resolve(path); !isFolder(folder); folder = dirname(folder)) missing.unshift(folder);
  for (const folder of missing) {
    try {
      mkdirSync(folder, mode);
    } catch (error) {
      if (!isFolder(folder)) throw error; // somebody else may have made it meanwhile
    }
  }
}

/** The root always is one, so the search above ends. */
function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
