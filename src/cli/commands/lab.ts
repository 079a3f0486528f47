import { UsageError } from "../../config/errors.js";
import { labCommand, labCondition, listLabs, readLabState, startLab, stopLab, type LabState } from "../../lab/index.js";
import { labIds } from "../../lab/lab-state.js";
import { isAlive } from "../../support/process-identity.js";
import { EXIT } from "../exit-codes.js";
import { catchInterrupts } from "../interrupts.js";
import type { Invocation } from "../invocation.js";
import { isReady } from "../lab-readiness.js";
import { runChild } from "../run-child.js";
import { printJson, printLine, tell } from "../terminal.js";

/** `critique lab up|exec|down|list`. */
export function execute(invocation: Invocation): Promise<number> {
  switch (invocation.command) {
    case "lab up":
      return up(invocation);
    case "lab exec":
      return exec(invocation);
    case "lab down":
      return down(invocation);
    default:
      return list(invocation);
  }
}

async function up({ options, terminal }: Invocation): Promise<number> {
  using interrupts = catchInterrupts(terminal);
  const state = await startLab({
    ...(options.socket !== undefined && { socketPath: options.socket }),
    ...(options.handlers !== undefined && { handlers: options.handlers }),
    ...(options.containerd !== undefined && { containerdFolder: options.containerd }),
    ...(options.labStorage !== undefined && { storage: options.labStorage }),
    isReady,
    signal: interrupts.signal,
    onProgress: (line) => !options.quiet && tell(terminal, line),
  });
  const notes = [
    ...state.notes,
    ...state.unavailableHandlers.map(({ name, reason }) => `no handler ${name}: ${reason}`),
  ];
  if (!options.quiet) {
    for (const note of notes) tell(terminal, `lab ${state.id}: ${note}`);
    tell(terminal, `lab ${state.id} is up; \`critique lab down\` removes it`);
  }
  if (options.json) printJson(terminal, await toJson(state));
  else printLine(terminal, state.endpoint);
  return EXIT.asExpected;
}

async function exec({ options, operands, env }: Invocation): Promise<number> {
  const [file = "", ...rest] = operands;
  const state = await theLab(options.labIds);
  const command = await labCommand(state, [file, ...rest]);
  return runChild(command.file, command.args, {
    env: {
      ...env,
      // What runs inside means this runtime, unless it says otherwise itself.
      CONTAINER_RUNTIME_ENDPOINT: state.endpoint,
      IMAGE_SERVICE_ENDPOINT: state.endpoint,
    },
    ownSession: false,
  });
}

async function down({ options, terminal }: Invocation): Promise<number> {
  const report = (line: string): void => {
    if (!options.quiet) tell(terminal, line);
  };
  const all = await labIds();
  const unknown = options.labIds.find((id) => !all.includes(id));
  if (unknown !== undefined) throw noSuchLab(unknown);
  const ids = options.labIds.length > 0 ? options.labIds : all;
  for (const id of ids) {
    const owner = (await readLabState(id))?.owner;
    if (options.labIds.length === 0 && owner && (await isAlive(owner))) {
      report(`lab ${id} belongs to a run that is under way (pid ${owner.pid}): left alone`);
      continue;
    }
    await stopLab(id);
    report(`lab ${id} is removed`);
  }
  if (ids.length === 0) report("there is no lab");
  return EXIT.asExpected;
}

async function list({ options, terminal }: Invocation): Promise<number> {
  const labs = await Promise.all((await listLabs()).map(toJson));
  if (options.json) printJson(terminal, labs);
  for (const { id, condition, endpoint, containerd, handlers, createdAt } of options.json ? [] : labs) {
    printLine(
      terminal,
      [id, condition, createdAt, `containerd ${containerd}`, handlers.join(","), endpoint].join("  "),
    );
  }
  if (labs.length === 0 && !options.quiet && !options.json) tell(terminal, "there is no lab");
  return EXIT.asExpected;
}

/** What a script may want to know of a lab. */
async function toJson(state: LabState) {
  return {
    id: state.id,
    condition: await labCondition(state),
    endpoint: state.endpoint,
    createdAt: state.createdAt,
    containerd: state.containerd.version,
    handlers: state.handlers,
    defaultHandler: state.defaultHandler,
    unavailableHandlers: state.unavailableHandlers,
    notes: state.notes,
    folder: state.folder,
    logFile: state.logFile,
  };
}

/** The lab that is meant: the one named, or the only one that was started with `lab up`. */
async function theLab(ids: readonly string[]): Promise<LabState> {
  const labs = await listLabs();
  const id = ids.at(-1);
  if (id !== undefined) return labById(labs, id);
  const [only, ...others] = labs.filter((lab) => lab.owner === null);
  if (!only) throw new UsageError("There is no lab; start one with `critique lab up`.");
  if (others.length === 0) return only;
  throw new UsageError(
    `There are several labs; name one with --lab-id: ${[only, ...others].map((lab) => lab.id).join(", ")}.`,
  );
}

function labById(labs: readonly LabState[], id: string): LabState {
  const lab = labs.find((candidate) => candidate.id === id);
  if (lab) return lab;
  throw noSuchLab(id);
}

function noSuchLab(id: string): UsageError {
  return new UsageError(`--lab-id: there is no lab "${id}"; \`critique lab list\` shows those there are.`);
}
