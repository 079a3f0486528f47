import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

import { REPO_ROOT } from "../../tools/repo-root.js";

const execute = promisify(execFile);

/** What `npm pack` says about the tarball that it made. */
export interface PackedPackage {
  path: string;
  files: string[];
}

/** Packs this checkout as it would be published. */
export async function packPackage(folder: string): Promise<PackedPackage> {
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder], REPO_ROOT);
  const [packed] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
  if (!packed) throw new Error(`npm pack says nothing: ${stdout}`);
  return { path: join(folder, packed.filename), files: packed.files.map(({ path }) => path) };
}

/** Installs a tarball as `npm install --global` does, below a prefix of its own; returns the folder of its programs. */
export async function installGlobally(tarball: string, prefix: string): Promise<string> {
  const quiet = ["--omit=dev", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];
  await run("npm", ["install", "--global", "--prefix", prefix, ...quiet, tarball], prefix);
  return join(prefix, "bin");
}

/** @throws Error with what the program wrote, when it fails */
export function run(file: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}) {
  return execute(file, args, { cwd, env: { ...process.env, ...env }, maxBuffer: 1 << 26, timeout: 280_000 });
}
