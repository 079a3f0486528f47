import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { runProcess } from "../../src/support/process.js";

const projectFolder = fileURLToPath(new URL("../../..", import.meta.url));

/**
 * Makes the mount namespace look like an empty machine: its own /run, /tmp, /dev/shm and /var/lib, the project at /run/project, and the
 * network namespace's interfaces in /sys. Then tells so and waits until stdin closes.
 */
const setUpScript = `
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/project
mount --bind "$1" /run/project
mkdir /run/cgroup
mount --rbind /sys/fs/cgroup /run/cgroup
mount -t sysfs sysfs /sys
mount --rbind /run/cgroup /sys/fs/cgroup
umount --recursive /run/cgroup
mount -t tmpfs -o mode=755 tmpfs /var/lib
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
ip link set lo up
echo ready
cat >/dev/null
`;

/** A look at the host lists every file in /run, where a containerd in use shows those of all its containers. */
const MAX_ANSWER_BYTES = 64 << 20;

/**
 * A network and a mount namespace of a test's own, so that what happens meanwhile on the machine cannot be mistaken for traces
 * of a lab. Control groups and processes are those of the machine.
 */
export class IsolatedHost {
  private constructor(private readonly holder: ChildProcess) {}

  static async create(): Promise<IsolatedHost> {
    const holder = spawn(
      "unshare",
      ["--net", "--mount", "--propagation", "private", "sh", "-euc", setUpScript, "isolated-host", projectFolder],
      { stdio: ["pipe", "pipe", "inherit"] },
    );
    for await (const line of createInterface({ input: holder.stdout })) {
      if (line === "ready") return new IsolatedHost(holder);
    }
    throw new Error("the isolated host could not be set up");
  }

  /** Ends the namespaces, when no lab keeps them. */
  close(): void {
    this.holder.stdin?.end();
  }

  /** Runs an action of lab-actor.ts and returns its outcome. */
  async act<T>(action: string, input: object = {}): Promise<T> {
    return JSON.parse(await this.run(this.actor(action, input))) as T;
  }

  /** Runs a program to its end and returns its stdout. */
  async run(command: readonly string[]): Promise<string> {
    const { stdout } = await runProcess("nsenter", this.inside(command), {
      timeoutMs: 120_000,
      maxOutputBytes: MAX_ANSWER_BYTES,
    });
    return stdout;
  }

  /** Starts a program and leaves it running. */
  start(command: readonly string[]): ChildProcess {
    return spawn("nsenter", this.inside(command), { stdio: "ignore" });
  }

  /** Starts an action and kills its process, but none of its children, as soon as a line on stderr has the text. */
  async killAt(text: string, action: string, input: object = {}): Promise<void> {
    const child = spawn("nsenter", this.inside(this.actor(action, input)), { stdio: ["ignore", "ignore", "pipe"] });
    const ended = once(child, "exit");
    const seen: string[] = [];
    for await (const line of createInterface({ input: child.stderr })) {
      seen.push(line);
      if (line.includes(text)) child.kill("SIGKILL");
    }
    await ended;
    if (child.signalCode !== "SIGKILL") throw new Error(`never said "${text}" but: ${seen.join("\n")}`);
  }

  private actor(action: string, input: object): string[] {
    return [process.execPath, "/run/project/dist/test/lab/lab-actor.js", action, JSON.stringify(input)];
  }

  private inside(command: readonly string[]): string[] {
    return ["--target", String(this.holder.pid), "--net", "--mount", ...command];
  }
}
