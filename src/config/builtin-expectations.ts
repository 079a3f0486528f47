import { access } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { RuntimeIdentity } from "./preflight.js";

const RUNTIMES_FOLDER = fileURLToPath(new URL("../../../fixtures/runtimes/", import.meta.url));

/**
 * Finds the list of known failures (`txt`) or the declaration of capabilities (`yaml`) that comes with the suite for a
 * runtime: `NAME/VERSION-HANDLER`, else `NAME/VERSION`, with the first two numbers of the version. A file is for one
 * version, because what fails or is missing in one may be there in the next.
 *
 * @returns the path, or undefined when there is none
 */
export async function builtinExpectations(
  { name, version }: RuntimeIdentity,
  handler: string,
  extension: "txt" | "yaml",
  folder: string = RUNTIMES_FOLDER,
): Promise<string | undefined> {
  const release = /\d+\.\d+/.exec(version)?.[0];
  if (release === undefined || !/^[A-Za-z0-9-]+$/.test(name)) return undefined;
  for (const file of [...(handler === "" ? [] : [`${release}-${handler}`]), release]) {
    const path = join(folder, name.toLowerCase(), `${file}.${extension}`);
    const exists = await access(path).then(
      () => true,
      () => false,
    );
    if (exists) return path;
  }
  return undefined;
}
