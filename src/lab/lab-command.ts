import { isAlive } from "../support/process-identity.js";
import { LabError } from "./lab-error.js";
import type { LabState } from "./lab-state.js";

/** A program and its arguments, to be started without a shell. */
export interface Command {
  readonly file: string;
  readonly args: string[];
}

/**
 * The command that runs another one where the lab's containerd runs: in its mount and control group namespaces. The working
 * folder stays the same; containerd's usual socket, /run/containerd/containerd.sock, is the lab's there.
 *
 * @throws LabError when the lab is not running.
 */
export async function labCommand(state: LabState, argv: readonly string[]): Promise<Command> {
  const { holder } = state.processes;
  if (holder === null || !(await isAlive(holder))) {
    throw new LabError(`Lab ${state.id} is not running`, "remove it and start another one");
  }
  return commandIn(holder.pid, argv);
}

/** The command that runs another one in the mount and control group namespaces of a process. */
export function commandIn(pid: number, argv: readonly string[]): Command {
  // nsenter goes to the namespace's root folder; the shell goes back.
  const script = 'cd -- "$0" && exec "$@"';
  return {
    file: "nsenter",
    args: ["--target", String(pid), "--mount", "--cgroup", "--", "sh", "-c", script, process.cwd(), ...argv],
  };
}

/**
 * The command that first moves itself into control groups, then runs another one: containers of an OCI runtime that starts
 * outside the lab's control groups could not be removed again.
 *
 * @param cgroups folders of control groups as this process sees them.
 */
export function joiningCgroups(cgroups: readonly string[], { file, args }: Command): Command {
  const script = 'while [ "$1" != -- ]; do echo $$ > "$1/cgroup.procs"; shift; done; shift; exec "$@"';
  return { file: "sh", args: ["-euc", script, "critique-lab", ...cgroups, "--", file, ...args] };
}
