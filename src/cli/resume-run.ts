import { UsageError } from "../config/errors.js";
import type { RuntimeIdentity } from "../config/preflight.js";
import { parseEndpoint } from "../cri/endpoint.js";
import { loadSpecs } from "../harness/catalogue.js";
import { readLedgers } from "../harness/ledger/read-ledger.js";
import type { Spec } from "../harness/spec.js";
import type { RunInfo } from "../report/model.js";
import { ResultsFold, type Expectations } from "../report/results.js";
import { SourceRank, type Invocation } from "./invocation.js";
import { OPTIONS, type OptionKey } from "./options.js";
import { readRun, type StoredRun } from "./run-folder.js";
import { packageVersion } from "./version.js";

/** An interrupted run, ready to go on. */
export interface ResumableRun {
  stored: StoredRun;
  info: RunInfo;
  /** The specs that still have to run. */
  specs: Spec[];
  /** The run's own, as its log has them. */
  expectations: Expectations;
}

/** Options that the run has answered for itself. */
const DECIDED: readonly OptionKey[] = [
  "focus",
  "skip",
  "labelFilter",
  "ids",
  "level",
  "shard",
  "rerunFailed",
  "expectations",
  "capabilities",
  "reportDir",
  "reportPrefix",
];

/**
 * Reads an interrupted run. A spec that broke runs again as well: nothing was said about the runtime, so nothing is lost.
 * @throws UsageError when the folder holds none, when the run is under way or of another version, or when an option
 *   asks for something else than what was begun
 */
export async function readResumable({ sources }: Invocation, folder: string): Promise<ResumableRun> {
  for (const key of DECIDED) {
    if (sources.get(key)?.rank === SourceRank.CommandLine) {
      throw new UsageError(
        `${OPTIONS[key].flag} does not go with --resume: a run goes on as it was begun; drop it, or start a new run.`,
      );
    }
  }
  const stored = await readRun(folder);
  const start = stored.events.find((event) => event.type === "runStarted");
  if (!start) throw new UsageError(`"${folder}" has no start of a run; name the folder of a run.`);
  const version = await packageVersion();
  if (start.run.suiteVersion !== version) {
    throw new UsageError(
      `--resume: the run in "${folder}" is of critique ${start.run.suiteVersion} and this is ${version}; start a new run.`,
    );
  }
  await checkEnded(stored);
  const fold = new ResultsFold();
  for (const event of stored.events) fold.add(event);
  const open = new Set(
    fold
      .results()
      .specs.filter(({ verdict }) => verdict === "notRun" || verdict === "broken")
      .map(({ id }) => id),
  );
  const specs = (await loadSpecs()).filter(({ info }) => open.has(info.id));
  return { stored, info: start.run, specs, expectations: (id) => start.knownFailures?.[id] };
}

/** The invocation with what the run was begun with, where the user does not say otherwise. */
export function resumedInvocation(invocation: Invocation, { info }: ResumableRun): Invocation {
  const { options } = invocation;
  const { runtimeHandler = info.handler, seed = info.seed } = options;
  if (runtimeHandler !== info.handler) {
    throw new UsageError(
      `--resume: the run used the handler "${info.handler}", not "${runtimeHandler}"; drop --runtime-handler, or start a new run.`,
    );
  }
  return {
    ...invocation,
    options: {
      ...options,
      ...(runtimeHandler !== "" && { runtimeHandler }),
      seed,
      runtimeEndpoint: options.runtimeEndpoint ?? parseEndpoint(info.endpoint),
      ...(options.runtimeEndpoint === undefined && { imageEndpoint: parseEndpoint(info.imageEndpoint) }),
    },
    sources: new Map([["runtimeEndpoint", { name: "--resume", rank: SourceRank.ConfigFile }], ...invocation.sources]),
  };
}

/**
 * One report is about one runtime.
 * @throws UsageError when another one answers
 */
export function checkSameRuntime({ info: { runtime } }: ResumableRun, { name, version }: RuntimeIdentity): void {
  if (runtime.name === name && runtime.version === version) return;
  throw new UsageError(
    `--resume: the run was of ${runtime.name} ${runtime.version}, and ${name} ${version} answers here; correct --runtime-endpoint, or start a new run.`,
  );
}

async function checkEnded({ events, source }: StoredRun): Promise<void> {
  const ids = new Set(
    events.flatMap((event) =>
      event.type === "runStarted" ? [event.run.runId] : event.type === "runResumed" ? [event.runId] : [],
    ),
  );
  const ledgers = await readLedgers().catch(() => []);
  const alive = ledgers.find(({ isAlive, run }) => isAlive && ids.has(run.runId));
  if (alive) {
    throw new UsageError(
      `--resume: the run in "${source}" is under way (pid ${alive.run.process.pid}); wait for it, or stop it.`,
    );
  }
}
