import { access, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { ContainerProbe } from "./container-probe.js";
import { LabError } from "./lab-error.js";
import { findProgram } from "./programs.js";
import { formatToml, readTomlTable, type TomlTable } from "./toml.js";

/** A runtime handler as containerd's configuration describes it. */
export interface HandlerSetup {
  readonly name: string;
  /** The shim's name: `io.containerd.NAME.VERSION` stands for containerd-shim-NAME-VERSION. */
  readonly runtimeType: string;
  readonly options?: TomlTable;
  readonly privilegedWithoutHostDevices?: boolean;
}

/** What a look for a handler gave. */
export type HandlerFinding =
  | { readonly available: true; readonly handler: HandlerSetup; readonly note?: string }
  | { readonly available: false; readonly name: string; readonly reason: string };

export interface HandlerSearch {
  readonly searchPath: readonly string[];
  /** Runs a container with an OCI runtime where the lab will run it. */
  readonly probe: ContainerProbe;
  /** For files that a handler's configuration needs. */
  readonly labFolder: string;
}

/** What a lab looks for when it is not told which handlers it shall have. */
export const usualHandlers = ["runc", "crun", "runsc", "kata"] as const;

/**
 * Finds out which handlers work, by running a container with each. `runsc` is gVisor, names that start with `kata` are Kata
 * Containers, and every other name is an OCI runtime for containerd's runc shim.
 */
export function findHandlers(names: readonly string[], search: HandlerSearch): Promise<HandlerFinding[]> {
  return Promise.all(
    names.map((name) => {
      if (name === "runsc") return findGvisor(search);
      if (name.startsWith("kata")) return findKata(name, search);
      return findOciRuntime(name, search);
    }),
  );
}

/**
 * Chooses the handler of pods that name none: the wanted one, or runc, or the first one found.
 *
 * @throws LabError when the wanted one, or one of those asked for, or all are unavailable.
 */
export function chooseDefaultHandler(
  findings: readonly HandlerFinding[],
  required: readonly string[],
  wanted: string | undefined,
): string {
  const reasons = findings.flatMap((finding) => (finding.available ? [] : [`${finding.name}: ${finding.reason}`]));
  const names = findings.flatMap((finding) => (finding.available ? [finding.handler.name] : []));
  const absent = [...required, ...(wanted === undefined ? [] : [wanted])].filter((name) => !names.includes(name));
  const [first] = names;
  if (absent.length > 0 || first === undefined) {
    throw new LabError(
      `The lab cannot offer ${absent.length > 0 ? `the handler ${absent.join(", ")}` : "any handler"} (${reasons.join("; ")})`,
      names.length > 0 ? `use one of ${names.join(", ")}, or mend this` : "install runc, or mend this",
    );
  }
  return wanted ?? (names.includes("runc") ? "runc" : first);
}

async function findOciRuntime(name: string, { searchPath, probe }: HandlerSearch): Promise<HandlerFinding> {
  const binary = await findProgram(name, searchPath);
  if (binary === undefined) return { available: false, name, reason: `no ${name} in PATH` };
  const failure = await probe(binary, []);
  if (failure !== undefined) return { available: false, name, reason: `${binary} cannot run a container: ${failure}` };
  return {
    available: true,
    handler: { name, runtimeType: "io.containerd.runc.v2", options: { BinaryName: binary } },
  };
}

/**
 * gVisor: a runsc.toml beside the shim is used as it is. Otherwise the lab writes one; it gives the sandbox the network stack
 * of the host only where gVisor's own refuses the kernel, as release 20240729 does on Linux 6.18.
 */
async function findGvisor({ searchPath, probe, labFolder }: HandlerSearch): Promise<HandlerFinding> {
  const name = "runsc";
  const runsc = await findProgram("runsc", searchPath);
  const shim = await findProgram("containerd-shim-runsc-v1", searchPath);
  if (runsc === undefined || shim === undefined) {
    const absent = [runsc ?? "runsc", shim ?? "containerd-shim-runsc-v1"].filter((path) => !path.includes("/"));
    return { available: false, name, reason: `no ${absent.join(" and no ")} in PATH` };
  }
  const setup = (configPath: string): HandlerSetup => ({
    name,
    runtimeType: "io.containerd.runsc.v1",
    options: { TypeUrl: "io.containerd.runsc.v1.options", ConfigPath: configPath },
  });

  const beside = join(dirname(shim), "runsc.toml");
  const flags = await runscFlags(beside);
  if (flags !== undefined) {
    const failure = await probe(runsc, flags);
    if (failure === undefined) return { available: true, handler: setup(beside) };
    return { available: false, name, reason: `${runsc} with ${beside} cannot run a container: ${failure}` };
  }

  const generated = join(labFolder, "runsc.toml");
  const write = (config: TomlTable) =>
    writeFile(generated, formatToml({ binary_name: runsc, runsc_config: config }), { mode: 0o600 });
  const refusal = await probe(runsc, []);
  if (refusal === undefined) {
    await write({});
    return { available: true, handler: setup(generated) };
  }
  const failure = await probe(runsc, ["--network=host"]);
  if (failure !== undefined) return { available: false, name, reason: `${runsc} cannot run a container: ${failure}` };
  await write({ network: "host" });
  return {
    available: true,
    handler: setup(generated),
    note: `gVisor uses the host's network stack, because its own does not work here (${refusal}).`,
  };
}

/** The flags that the shim makes of a runsc.toml; undefined when there is none. */
async function runscFlags(path: string): Promise<string[] | undefined> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  return [...readTomlTable(text, "runsc_config")].map(([key, value]) => `--${key}=${value}`);
}

async function findKata(name: string, { searchPath }: HandlerSearch): Promise<HandlerFinding> {
  const shim = `containerd-shim-${name}-v2`;
  if ((await findProgram(shim, searchPath)) === undefined) {
    return { available: false, name, reason: `no ${shim} in PATH` };
  }
  const hasKvm = await access("/dev/kvm").then(
    () => true,
    () => false,
  );
  if (!hasKvm)
    return { available: false, name, reason: "there is no /dev/kvm, without which no virtual machine starts" };
  return {
    available: true,
    handler: { name, runtimeType: `io.containerd.${name}.v2`, privilegedWithoutHostDevices: true },
  };
}
