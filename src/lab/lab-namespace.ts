import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { createInterface } from "node:readline";

import type { MountStep } from "./cgroup-hierarchies.js";
import { LabError } from "./lab-error.js";
import { logTail } from "./log-tail.js";

/**
 * Joins the control groups named before `--`, then goes on with the second script in new mount and control group
 * namespaces. The control group namespace takes the groups joined here as its root.
 */
const enterScript = `
while [ "$1" != -- ]; do echo $$ > "$1"; shift; done
shift
second=$1
shift
exec unshare --mount --cgroup --propagation private -- sh -euc "$second" critique-lab "$@"
`;

/**
 * Moves on into the control groups named before the first `--`, does the mount steps up to the second one, reports, and
 * waits for leave to go on. (A v2 hierarchy cannot be mounted on top of itself.) When the tool ends first, stdin closes, and the namespaces vanish with this process. Then it
 * starts the holder and becomes the command that is left.
 */
const holdScript = `
umask 022
while [ "$1" != -- ]; do echo $$ > "$1"; shift; done
shift
while [ "$1" != -- ]; do
  case $1 in
    bind) mount --bind "$2" "$3" ;;
    tmpfs) mount -t tmpfs -o "mode=755$2" tmpfs "$3" ;;
    cgroup) mkdir "$3"; mount -t cgroup -o "$2" cgroup "$3" ;;
    cgroup2) umount -l "$3"; mount -t cgroup2 cgroup2 "$3" ;;
    link) ln -s "$2" "$3" ;;
  esac
  shift 3
done
shift
mount --make-rshared /
echo ready
read -r go || exit 0
sleep 2147483647 </dev/null >/dev/null 2>&1 &
echo "$!"
exec "$@" </dev/null >&2
`;

export interface NamespacePlan {
  /** Control groups to become the root of the namespace, on this host. */
  readonly cgroups: readonly string[];
  /** The control groups below them in which the service shall run. */
  readonly serviceCgroups: readonly string[];
  readonly mountSteps: readonly MountStep[];
  /** The program to run in the namespace, found in PATH of `env`, and its arguments. */
  readonly command: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Takes what the scripts and the command write. */
  readonly logFile: string;
}

/** Namespaces that exist and in which the service is not started yet. */
export interface PreparedNamespace {
  /** A process in the namespaces; the service will have the same pid. */
  readonly pid: number;
  /** Starts the service and returns the pid of the holder, which keeps the namespaces open when the service ends. */
  start(): Promise<number>;
}

/**
 * Creates a mount namespace with a tree of its own, in which mounts are shared among its processes and with no other, and a
 * control group namespace.
 *
 * @throws LabError when the kernel or the host's policy refuses.
 */
export async function prepareNamespace(plan: NamespacePlan): Promise<PreparedNamespace> {
  const procs = (folders: readonly string[]) => folders.map((folder) => `${folder}/cgroup.procs`);
  const log = openSync(plan.logFile, "a", 0o600);
  const child = spawn(
    "sh",
    ["-euc", enterScript, "critique-lab", ...procs(plan.cgroups), "--", holdScript].concat(
      [...procs(plan.serviceCgroups), "--"],
      plan.mountSteps.flat(),
      ["--", ...plan.command],
    ),
    { cwd: "/", env: plan.env, detached: true, stdio: ["pipe", "pipe", log] },
  );
  closeSync(log);
  const lines = linesOf(child);
  if ((await lines.next()).value !== "ready") {
    throw new LabError(
      "The lab's namespaces could not be set up",
      "run as root with CAP_SYS_ADMIN, and in a container as a privileged one",
      { log: await logTail(plan.logFile) },
    );
  }
  return {
    pid: child.pid as number,
    start: async () => {
      child.stdin?.end("go\n");
      const holder = Number((await lines.next()).value);
      child.stdout?.destroy();
      child.unref();
      return holder;
    },
  };
}

/** The lines on a process's stdout; it ends with undefined when the process cannot be started or ends. */
async function* linesOf(child: ChildProcess): AsyncGenerator<string> {
  child.on("error", () => undefined);
  child.stdin?.on("error", () => undefined);
  if (child.stdout === null) return;
  if (child.pid === undefined) await once(child, "error").catch(() => undefined);
  const reader = createInterface({ input: child.stdout });
  for await (const line of reader) yield line;
}
