import { spawn } from "node:child_process";
import { constants } from "node:os";
import { onInterrupt } from "./interrupts.js";

export interface ChildOptions {
  env: NodeJS.ProcessEnv;
  /**
   * Gives the child a session of its own, so that a Ctrl-C at the terminal reaches it once, through this process.
   * Without it the child may use the terminal, as a shell does, and gets Ctrl-C from there.
   */
  ownSession: boolean;
}

/** A child that neither the first nor the second signal ended is killed. */
const KILL_AT = 3;

/**
 * Runs a program with this process's standard streams, and hands it the signals that come in until it ends.
 *
 * @returns its exit code, or 128 and the number of the signal that ended it, as shells have it
 * @throws the system's error when the program cannot be started
 */
export function runChild(file: string, args: readonly string[], { env, ownSession }: ChildOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env, stdio: "inherit", detached: ownSession });
    const relay = onInterrupt((name, count) => {
      if (name === "SIGINT" && !ownSession) return;
      child.kill(count >= KILL_AT ? "SIGKILL" : name);
    });
    child.once("error", (error) => {
      relay[Symbol.dispose]();
      reject(error);
    });
    child.once("exit", (code, signal) => {
      relay[Symbol.dispose]();
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}
