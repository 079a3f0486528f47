import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const BINARY = fileURLToPath(new URL("../../../bin/critique.js", import.meta.url));

/** What is kept between runs goes here while the tests run, and not to where a user's is. */
let stateFolder: string | undefined;
function testState(): string {
  if (stateFolder !== undefined) return stateFolder;
  const folder = mkdtempSync(join(tmpdir(), "critique-state-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return (stateFolder = folder);
}

/** Far above what any of these calls takes: only a hang is longer. */
const HANG_MS = 100_000;

export interface CritiqueEnd {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface CritiqueOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  uid?: number;
  /** When it counts as hanging, in milliseconds. */
  hangMs?: number;
  /** Told of all of stderr whenever there is more of it. */
  onStderr?: (stderr: string, child: ChildProcess) => void;
}

/** Runs the real binary without the caller's endpoint settings; there is no crictl.yaml unless `env` names one. */
export function runCritique(args: readonly string[], options: CritiqueOptions = {}): Promise<CritiqueEnd> {
  const { env = {}, cwd = tmpdir(), uid, hangMs = HANG_MS, onStderr } = options;
  const { PATH, HOME } = process.env;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [BINARY, ...args], {
      env: {
        PATH,
        HOME,
        CRI_CONFIG_FILE: "/nonexistent/crictl.yaml",
        ...(uid === undefined && { CRITIQUE_STATE_FOLDER: testState() }),
        ...env,
      },
      cwd,
      timeout: hangMs,
      killSignal: "SIGKILL",
      ...(uid !== undefined && { uid, gid: uid }),
    });
    const end: CritiqueEnd = { code: null, stdout: "", stderr: "" };
    child.stdout.on("data", (chunk: Buffer) => (end.stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => {
      end.stderr += chunk.toString();
      onStderr?.(end.stderr, child);
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ ...end, code }));
  });
}

/** For `onStderr`: sends a signal once, when stderr matches. */
export function signalAt(pattern: RegExp, ...signals: NodeJS.Signals[]): NonNullable<CritiqueOptions["onStderr"]> {
  let isSent = false;
  return (stderr, child) => {
    if (isSent || !pattern.test(stderr)) return;
    isSent = true;
    for (const signal of signals) child.kill(signal);
  };
}
