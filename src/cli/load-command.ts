import type { CommandName } from "./commands.js";
import type { Invocation } from "./invocation.js";

/** What the file of a command exports. */
export interface CommandModule {
  /**
   * Does the work.
   * @returns the exit code: one of EXIT, or that of a command run on the user's behalf
   * @throws UsageError or EnvironmentError for what the user or the host has to mend
   */
  execute: (invocation: Invocation) => Promise<number>;
}

const MODULES: Readonly<Record<CommandName, () => Promise<CommandModule>>> = {
  run: () => import("./commands/run.js"),
  bench: () => import("./commands/bench.js"),
  compare: () => import("./commands/compare.js"),
  prove: () => import("./commands/prove.js"),
  proxy: () => import("./commands/proxy.js"),
  list: () => import("./commands/list.js"),
  doctor: () => import("./commands/doctor.js"),
  clean: () => import("./commands/clean.js"),
  report: () => import("./commands/report.js"),
  "report merge": () => import("./commands/report.js"),
  "lab up": () => import("./commands/lab.js"),
  "lab exec": () => import("./commands/lab.js"),
  "lab down": () => import("./commands/lab.js"),
  "lab list": () => import("./commands/lab.js"),
  certify: () => import("./commands/certify.js"),
  "certify init": () => import("./commands/certify.js"),
  "certify verify": () => import("./commands/certify.js"),
  completion: () => import("./commands/completion.js"),
};

/** Imports a command only when it is called, so that the start stays quick. */
export function loadCommand(name: CommandName): Promise<CommandModule> {
  return MODULES[name]();
}
