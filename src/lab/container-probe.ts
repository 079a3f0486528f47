import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Busybox } from "../images/busybox.js";
import { captureProcess, runProcess } from "../support/process.js";
import type { Command } from "./lab-command.js";

/**
 * Runs a container that does nothing with an OCI runtime and its flags.
 *
 * @returns why it failed, in the runtime's words, or undefined.
 */
export type ContainerProbe = (runtime: string, flags: readonly string[]) => Promise<string | undefined>;

export interface ProbeOptions {
  /** A private folder for bundles and the runtimes' state. */
  readonly folder: string;
  /** The ctr of the containerd whose containers the runtime will have to run. */
  readonly ctr: string;
  readonly busybox: Busybox;
  /** Makes of a command one that runs where containerd will: in the lab's namespaces and control groups. */
  readonly inLab: (command: readonly string[]) => Command;
  readonly signal?: AbortSignal;
}

/**
 * Prepares a probe with the OCI runtime-spec configuration that this containerd writes. Its version matters: crun 1.8.1, for
 * one, refuses every configuration above 1.0.x, and so all that containerd 1.7 and later ask of it.
 */
export async function createContainerProbe({
  folder,
  ctr,
  busybox,
  inLab,
  signal,
}: ProbeOptions): Promise<ContainerProbe> {
  const root = join(folder, "rootfs");
  await mkdir(join(root, "bin"), { recursive: true, mode: 0o700 });
  await writeFile(join(root, "bin/busybox"), busybox.contents, { mode: 0o755 });
  const { stdout } = await runProcess(ctr, ["oci", "spec"], { timeoutMs: 10_000, signal });
  const spec = JSON.parse(stdout) as { process: object; linux: object };
  let count = 0;

  return async (runtime, flags) => {
    count += 1;
    const id = `probe-${count}`;
    const bundle = join(folder, id);
    await mkdir(bundle, { mode: 0o700 });
    const config = {
      ...spec,
      process: { ...spec.process, args: ["/bin/busybox", "true"], terminal: false },
      root: { path: root, readonly: true },
      linux: { ...spec.linux, cgroupsPath: `/${id}` },
    };
    await writeFile(join(bundle, "config.json"), JSON.stringify(config), { mode: 0o600 });
    const command = [runtime, "--root", join(folder, "state"), ...flags, "run", "--bundle", bundle, id];
    const { file, args } = inLab(command);
    const result = await captureProcess(file, args, { timeoutMs: 20_000, signal });
    if (result.exitCode === 0) return undefined;
    if (result.timedOut) return "it did not end within 20s";
    const lastLine = result.stderr.trim().split("\n").at(-1) ?? "";
    return lastLine.slice(0, 300) || `it ended with ${result.signal ?? `exit code ${result.exitCode ?? "unknown"}`}`;
  };
}
