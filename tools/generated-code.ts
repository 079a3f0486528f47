import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";

import { runProcess } from "../src/support/process.js";
import { readContractFacts } from "./contract-facts.js";
import { contractFactsSource } from "./generate-contract-facts.js";
import { REPO_ROOT } from "./repo-root.js";

/** Folders of generated sources, relative to the root of the checkout. */
export const GENERATED_FOLDERS = ["src/cri/gen", "src/nri/gen"] as const;
type GeneratedFolder = (typeof GENERATED_FOLDERS)[number];

/** The proto files whose types go into each folder, relative to proto/. */
const PROTO_FILES: Readonly<Record<GeneratedFolder, readonly string[]>> = {
  "src/cri/gen": ["runtime/v1/api.proto", "containerd/tasks.proto"],
  "src/nri/gen": ["nri/v1alpha1/api.proto", "ttrpc/ttrpc.proto"],
};

/**
 * Generates all sources below `outRoot`, in the folders of {@link GENERATED_FOLDERS}: the types of proto/ and the facts of the
 * contract.
 *
 * @throws ProcessError when protoc is missing or refuses a proto file; the message holds protoc's own words.
 */
export async function generateInto(outRoot: string): Promise<void> {
  const plugin = join(REPO_ROOT, "node_modules/.bin/protoc-gen-es");
  for (const name of GENERATED_FOLDERS) {
    const folder = join(outRoot, name);
    await mkdir(folder, { recursive: true });
    const options = `--es_out=target=ts,import_extension=js:${folder}`;
    const args = [`--plugin=protoc-gen-es=${plugin}`, options, "--proto_path=proto", ...PROTO_FILES[name]];
    await runProcess("protoc", args, { cwd: REPO_ROOT });
  }
  const facts = contractFactsSource(await readContractFacts());
  await writeFile(join(outRoot, "src/cri/gen", "contract-facts.ts"), facts);
}

/** A file that two folders do not have alike. */
export interface FileDifference {
  /** Path relative to the folders. */
  path: string;
  difference: "changed" | "missing" | "extra";
}

/** Compares what was committed with what generating gives now, by path. */
export async function differingFiles(committed: string, fresh: string): Promise<FileDifference[]> {
  const [old, now] = await Promise.all([readTree(committed), readTree(fresh)]);
  const differences: FileDifference[] = [];
  for (const path of [...new Set([...old.keys(), ...now.keys()])].sort()) {
    if (!old.has(path)) differences.push({ path, difference: "missing" });
    else if (!now.has(path)) differences.push({ path, difference: "extra" });
    else if (old.get(path) !== now.get(path)) differences.push({ path, difference: "changed" });
  }
  return differences;
}

async function readTree(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = await Promise.all(paths.map((path) => readFile(path, "utf8")));
  return new Map(paths.map((path, index) => [relative(folder, path), texts[index] ?? ""]));
}
