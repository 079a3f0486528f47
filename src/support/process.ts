import { spawn } from "node:child_process";

export interface ProcessOptions {
  cwd?: string;
  /** The whole environment of the process; default the environment of this one. */
  env?: NodeJS.ProcessEnv;
  /** Written to the process's stdin; default an empty stdin. */
  input?: string | Uint8Array;
  /** After this time the process and its children are killed. Default 60 s. */
  timeoutMs?: number;
  /** Aborting kills the process and its children, and the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** How much of stdout, and of stderr, is kept; the rest is read and dropped. Default 1 MiB each. */
  maxOutputBytes?: number;
}

/** How a process ended, and what it wrote. */
export interface ProcessResult {
  readonly file: string;
  readonly args: readonly string[];
  /** The exit code, or undefined when a signal ended the process. */
  readonly exitCode: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** True when more was written than `maxOutputBytes`. */
  readonly truncated: boolean;
  readonly timedOut: boolean;
}

/** A process ended otherwise than with exit code 0. */
export class ProcessError extends Error {
  override readonly name = "ProcessError";

  constructor(readonly result: ProcessResult) {
    super(`${[result.file, ...result.args].join(" ")} ${describeEnd(result)}${lastWords(result)}`);
  }
}

/**
 * Runs a program without a shell and collects what it writes, whatever its exit code is. The program gets a process group
 * of its own, so that a Ctrl-C at the terminal does not reach it: use `signal` for that.
 *
 * @throws the system's error when the program cannot be started (ENOENT, EACCES); the signal's reason when aborted.
 */
export function captureProcess(
  file: string,
  args: readonly string[],
  options: ProcessOptions = {},
): Promise<ProcessResult> {
  const { cwd, env, input, signal, timeoutMs = 60_000, maxOutputBytes = 1 << 20 } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(asError(signal.reason));
      return;
    }
    const child = spawn(file, args, { cwd, env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
    const stdout = new BoundedText(maxOutputBytes);
    const stderr = new BoundedText(maxOutputBytes);
    let timedOut = false;

    const killGroup = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        // The group is gone already.
      }
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const timer = setTimeout(() => {
      timedOut = true;
      killGroup();
    }, timeoutMs);
    signal?.addEventListener("abort", killGroup, { once: true });
    const settle = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", killGroup);
    };

    child.stdout.on("data", (chunk: Buffer) => stdout.add(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.add(chunk));
    // A program that ends without reading its input is no error of ours.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input ?? "");
    child.on("error", (error) => {
      settle();
      reject(error);
    });
    child.on("close", (code, endSignal) => {
      settle();
      if (signal?.aborted) {
        reject(asError(signal.reason));
        return;
      }
      resolve({
        file,
        args,
        exitCode: code ?? undefined,
        signal: endSignal ?? undefined,
        stdout: stdout.text(),
        stderr: stderr.text(),
        truncated: stdout.truncated || stderr.truncated,
        timedOut,
      });
    });
  });
}

/**
 * Runs a program like {@link captureProcess} and insists on exit code 0.
 *
 * @throws ProcessError for any other end; the system's error when the program cannot be started.
 */
export async function runProcess(
  file: string,
  args: readonly string[],
  options: ProcessOptions = {},
): Promise<ProcessResult> {
  const result = await captureProcess(file, args, options);
  if (result.exitCode !== 0) throw new ProcessError(result);
  return result;
}

class BoundedText {
  truncated = false;
  readonly #chunks: Buffer[] = [];
  #roomBytes: number;

  constructor(maxBytes: number) {
    this.#roomBytes = maxBytes;
  }

  add(chunk: Buffer): void {
    if (chunk.length > this.#roomBytes) this.truncated = true;
    const kept = chunk.subarray(0, this.#roomBytes);
    this.#roomBytes -= kept.length;
    if (kept.length > 0) this.#chunks.push(kept);
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString("utf8");
  }
}

function describeEnd(result: ProcessResult): string {
  if (result.timedOut) return "was killed because it did not end in time";
  if (result.signal !== undefined) return `was ended by ${result.signal}`;
  return `ended with exit code ${result.exitCode ?? "unknown"}`;
}

function lastWords(result: ProcessResult): string {
  const words = (result.stderr.trim() || result.stdout.trim()).slice(-2000);
  return words === "" ? "" : `: ${words}`;
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
