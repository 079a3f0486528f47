import { join } from "node:path";
import { labCommand, startLab, stopLab, usualStorage, type LabState } from "../lab/index.js";
import { assertReportFolder } from "../report/event-log.js";
import { EXIT } from "./exit-codes.js";
import { outliveInterrupts } from "./interrupts.js";
import type { Invocation } from "./invocation.js";
import { isReady } from "./lab-readiness.js";
import { LAB_VARIABLE } from "./lab-variable.js";
import { OPTION_LIST, type OptionKey } from "./options.js";
import { runChild } from "./run-child.js";
import { tell } from "./terminal.js";

/** Options that are about the lab itself, or that the lab decides. */
const DECIDED_HERE: readonly OptionKey[] = [
  "lab",
  "containerd",
  "labStorage",
  "runtimeEndpoint",
  "imageEndpoint",
  "runtimeHandler",
  "nriSocket",
];

/**
 * Starts a private containerd, runs the same command again inside of its mount namespace against it, and removes the
 * lab however that ends. It must be inside because the specs and the runtime have to see the same mounts.
 *
 * @param handler of the pods; empty for the lab's default
 * @returns the command's exit code
 * @throws LabError when the lab cannot be started; Interrupted when a signal ended it before the command could
 */
export async function runInLab(invocation: Invocation, handler: string): Promise<number> {
  const { options, terminal, env } = invocation;
  if (options.reportDir !== undefined) assertReportFolder(options.reportDir); // before seconds go into the lab
  using interrupts = outliveInterrupts();
  const state = await startLab({
    ...handlersOfLab(options, handler),
    ...(options.containerd !== undefined && { containerdFolder: options.containerd }),
    // Figures of a benchmark shall be those of a node, whose images and containers are on disk.
    storage: options.labStorage ?? (["run", "prove"].includes(invocation.command) ? usualStorage() : "disk"),
    ownedByThisProcess: true,
    isReady,
    signal: interrupts.signal,
    onProgress: (line) => options.verbose && tell(terminal, line),
  });
  try {
    if (!options.quiet) tell(terminal, describeLab(state));
    const again = [process.execPath, process.argv[1] ?? "", ...argumentsInLab(invocation, state, handler)];
    const { file, args } = await labCommand(state, again);
    interrupts.signal.throwIfAborted();
    const code = await runChild(file, args, { env: { ...env, [LAB_VARIABLE]: state.id }, ownSession: true });
    if (EXIT_CODES.includes(code)) return code;
    interrupts.signal.throwIfAborted();
    tell(terminal, `critique: The part inside the lab broke down (exit code ${code}); its reports end where it did.`);
    return EXIT.environment;
  } finally {
    await stopLab(state.id);
  }
}

/** The handler that was asked for; a comparison names several, perhaps one of them twice. */
function handlersOfLab({ handlers = [] }: Invocation["options"], handler: string): { handlers?: string[] } {
  const wanted = new Set(handler === "" ? handlers : [handler, ...handlers]);
  return wanted.size === 0 ? {} : { handlers: [...wanted] };
}

const EXIT_CODES: readonly number[] = Object.values(EXIT);

function argumentsInLab({ command, given, operands, options }: Invocation, lab: LabState, handler: string): string[] {
  const { endpoint, nriSocket } = lab;
  const kept = OPTION_LIST.filter(({ key }) => !DECIDED_HERE.includes(key)).flatMap((option) =>
    (given.get(option.key) ?? []).map((text) =>
      option.argument === undefined ? option.flag : `${option.flag}=${text}`,
    ),
  );
  return [
    ...command.split(" "),
    `--runtime-endpoint=${endpoint}`,
    `--image-endpoint=${endpoint}`,
    ...(handler === "" ? [] : [`--runtime-handler=${handler}`]),
    // The usual socket is some other runtime's; where the lab's has none, nothing is at this path.
    ...(["run", "prove"].includes(command) ? [`--nri-socket=${nriSocket ?? join(lab.folder, "no-nri.sock")}`] : []),
    ...(command === "run" && options.runtimeLog === undefined ? [`--runtime-log=${lab.logFile}`] : []),
    ...kept,
    ...operands,
  ];
}

function describeLab({ id, containerd, handlers, notes }: LabState): string {
  const lines = [`lab ${id}: containerd ${containerd.version} (${containerd.path}), handlers ${handlers.join(", ")}`];
  return [...lines, ...notes.map((note) => `  ${note}`)].join("\n");
}
