import { exitCodeOf } from "./exit-code.js";
import type { KnownFailure, RunEnd, RunEvent, RunInfo, SpecInfo } from "./model.js";
import { ResultsFold } from "./results.js";

/** The events of one run, with where they were read, for messages. */
export interface RecordedRun {
  source: string;
  events: readonly RunEvent[];
}

/** These runs cannot be one. */
export class MergeError extends Error {
  override readonly name = "MergeError";
}

type Start = Extract<RunEvent, { type: "runStarted" }>;

/**
 * Makes one run of the parts of a sharded one. No event is lost: between a common start and a common end stand all the
 * others, part by part.
 *
 * @throws MergeError when the parts are not of the same runtime, handler and suite, or have a spec in common
 */
export function mergeRuns(runs: readonly RecordedRun[]): RunEvent[] {
  const starts = runs.map(startOf);
  const merged = mergeStarts(runs, starts);
  const between = runs.flatMap(({ events }) =>
    events.filter(({ type }) => type !== "runStarted" && type !== "runEnded"),
  );
  const ends = runs.map(({ events }) => endOf(events));
  const events: RunEvent[] = [merged, ...between];
  // A part without an end died without a word, and so did the whole.
  if (ends.some((end) => end === undefined)) return events;
  const complete = ends.filter((end) => end !== undefined);
  const at =
    complete
      .map((end) => end.at)
      .sort()
      .at(-1) ?? "";
  return [
    ...events,
    {
      type: "runEnded",
      at,
      end: mergeEnds(
        complete.map(({ end }) => end),
        events,
      ),
    },
  ];
}

/** The end of a run; none when it was resumed after its last end and never got to another. */
function endOf(events: readonly RunEvent[]): Extract<RunEvent, { type: "runEnded" }> | undefined {
  const last = events.findLast((event) => event.type === "runEnded" || event.type === "runResumed");
  return last?.type === "runEnded" ? last : undefined;
}

/** What must be the same in all parts, in words. */
const IDENTITY: readonly [string, (run: RunInfo) => string][] = [
  ["runtime", ({ runtime }) => `${runtime.name} ${runtime.version}`],
  ["handler", ({ handler }) => (handler === "" ? "the default" : handler)],
  ["suite version", ({ suiteVersion }) => suiteVersion],
];

function startOf({ source, events }: RecordedRun): Start {
  const start = events.find((event) => event.type === "runStarted");
  if (!start) throw new MergeError(`${source} has no start of a run; name the folder of a run.`);
  return start;
}

function mergeStarts(runs: readonly RecordedRun[], starts: readonly Start[]): Start {
  const specs = new Map<string, SpecInfo>();
  const owners = new Map<string, string>();
  const knownFailures: Record<string, KnownFailure> = {};
  const first = starts[0]?.run;
  if (!first) throw new MergeError("There is nothing to merge; name the folders of a sharded run.");
  for (const [position, start] of starts.entries()) {
    const source = runs[position]?.source ?? "";
    for (const [what, read] of IDENTITY) {
      if (read(start.run) === read(first)) continue;
      throw new MergeError(
        `${source} and ${runs[0]?.source} are not parts of one run: ${what} ${read(start.run)} and ${read(first)}; merge the shards of one run.`,
      );
    }
    for (const info of start.specs) {
      const owner = owners.get(info.id);
      if (owner !== undefined) {
        throw new MergeError(`${info.id} is both in ${owner} and in ${source}; merge different shards of one run.`);
      }
      owners.set(info.id, source);
      specs.set(info.id, info);
    }
    Object.assign(knownFailures, start.knownFailures);
  }
  const infos = [...specs.values()].sort((a, b) => a.id.localeCompare(b.id));
  return {
    type: "runStarted",
    run: mergeInfos(
      starts.map(({ run }) => run),
      first,
    ),
    specs: infos,
    knownFailures,
  };
}

function mergeInfos(runs: readonly RunInfo[], first: RunInfo): RunInfo {
  const options = { ...first.options };
  delete options["shard"];
  return {
    ...first,
    runId: runs.map(({ runId }) => runId).join("+"),
    startedAt: runs.map(({ startedAt }) => startedAt).sort()[0] ?? first.startedAt,
    options,
    parallel: runs.reduce((sum, { parallel }) => sum + parallel, 0),
  };
}

/** An end that says more stands before one that says less. */
const ENDS: readonly RunEnd["how"][] = ["interrupted", "runtimeLost", "crashed", "timeout", "failFast", "completed"];

function mergeEnds(ends: readonly RunEnd[], events: readonly RunEvent[]): RunEnd {
  const fold = new ResultsFold();
  for (const event of events) fold.add(event);
  const [gravest] = [...ends].sort((a, b) => ENDS.indexOf(a.how) - ENDS.indexOf(b.how));
  const how = gravest?.how ?? "completed";
  return {
    how,
    reason: gravest?.reason ?? "",
    exitCode: exitCodeOf(how, fold.results()),
    // Shards run side by side.
    durationMs: Math.max(...ends.map(({ durationMs }) => durationMs)),
  };
}
