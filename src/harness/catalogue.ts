import { readdir } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { declaredSpecs, type Spec } from "./spec.js";

const SUITES = fileURLToPath(new URL("../../suites/", import.meta.url));

/**
 * Loads every `*.spec.js` below the suites folder and returns the specs they declare, by id.
 * @throws Error where a spec file declares a malformed or repeated id
 */
export async function loadSpecs(): Promise<Spec[]> {
  const entries = await readdir(SUITES, { recursive: true });
  const files = entries.filter((entry) => entry.endsWith(".spec.js")).sort();
  await Promise.all(files.map((file) => import(pathToFileURL(`${SUITES}${file}`).href)));
  return declaredSpecs();
}
