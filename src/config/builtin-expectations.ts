import { access } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { RuntimeIdentity } from "./preflight.js";

const RUNTIMES_FOLDER = fileURLToPath(new URL("../../../fixtures/runtimes/", import.meta.url));

/**
 * Finds the list of known failures that comes with the suite for a runtime: `NAME/VERSION-HANDLER.txt`, else
 * `NAME/VERSION.txt`, with the first two numbers of the version. A list is for one version, because what is known to fail
 * in one may be mended in the next.
 *
 * @returns the path, or undefined when there is no list
 */
export async function builtinExpectations(
  { name, version }: RuntimeIdentity,
  handler: string,
  folder: string = RUNTIMES_FOLDER,
): Promise<string | undefined> {
  const release = /\d+\.\d+/.exec(version)?.[0];
  if (release === undefined || !/^[A-Za-z0-9-]+$/.test(name)) return undefined;
  for (const file of [...(handler === "" ? [] : [`${release}-${handler}.txt`]), `${release}.txt`]) {
    const path = join(folder, name.toLowerCase(), file);
    const exists = await access(path).then(
      () => true,
      () => false,
    );
    if (exists) return path;
  }
  return undefined;
}
