import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";

const BINARY = fileURLToPath(new URL("../../../bin/critique.js", import.meta.url));

/** Far above what any of these calls takes: only a hang is longer. */
const HANG_MS = 30_000;

export interface CritiqueEnd {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface CritiqueOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  uid?: number;
}

/** Runs the real binary without the caller's endpoint settings; there is no crictl.yaml unless `env` names one. */
export function runCritique(
  args: readonly string[],
  { env = {}, cwd = tmpdir(), uid }: CritiqueOptions = {},
): Promise<CritiqueEnd> {
  const { PATH, HOME } = process.env;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [BINARY, ...args], {
      env: { PATH, HOME, CRI_CONFIG_FILE: "/nonexistent/crictl.yaml", ...env },
      cwd,
      timeout: HANG_MS,
      killSignal: "SIGKILL",
      ...(uid !== undefined && { uid, gid: uid }),
    });
    const end: CritiqueEnd = { code: null, stdout: "", stderr: "" };
    child.stdout.on("data", (chunk: Buffer) => (end.stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (end.stderr += chunk.toString()));
    child.once("error", reject);
    child.once("close", (code) => resolve({ ...end, code }));
  });
}
