import { join } from "node:path";
import { UsageError } from "../../config/errors.js";
import { loadSpecs } from "../../harness/catalogue.js";
import { newRunId } from "../../harness/ownership.js";
import { EventLog } from "../../report/event-log.js";
import { mergeRuns } from "../../report/merge.js";
import type { RunEvent } from "../../report/model.js";
import { ResultsFold, type Expectations } from "../../report/results.js";
import { writeReports } from "../../report/write-reports.js";
import { EXIT, type ExitCode } from "../exit-codes.js";
import type { Invocation } from "../invocation.js";
import type { OptionValues } from "../options.js";
import { readExpectations } from "../read-expectations.js";
import { chooseFormats, reportOptions } from "../report-formats.js";
import { missingShards, newestRun, readRun, type StoredRun } from "../run-folder.js";
import { foundBenchmarks, namedBenchmarks } from "../shown-benchmarks.js";
import { runPrinter, showResults } from "../show-results.js";
import { tell } from "../terminal.js";

const REPORTS_FOLDER = "reports";

/** Where reports are written, and what their names begin with. */
interface Place {
  folder: string;
  prefix: string;
}

/**
 * `critique report` and `critique report merge`: renders the reports of a run again from its event log, or those of the
 * shards of one run as one. The exit code says whether the reports are complete, not what they say.
 */
export async function execute(invocation: Invocation): Promise<ExitCode> {
  const { operands, options, terminal } = invocation;
  const formats = chooseFormats(options.formats);
  const paths = operands.length > 0 ? operands : [await newestRun(REPORTS_FOLDER)];
  const runs = await Promise.all(paths.map(readRun));
  const place = choosePlace(options, runs);
  const missing = missingShards(runs);

  const [only] = runs;
  const merged = runs.length === 1 && only ? only.events : mergeRuns(runs);
  const events = await withExpectations(merged, options.expectations);
  if (runs.every((run) => !isSamePlace(run, place))) writeLog(place, events);
  const fold = new ResultsFold();
  for (const event of events) fold.add(event);
  const results = fold.results();
  const { files, errors } = await writeReports(results, place.folder, formats, {
    prefix: place.prefix,
    ...reportOptions(options),
    ...(await (options.bench === undefined ? foundBenchmarks(place.folder) : namedBenchmarks(options.bench))),
  });

  showResults(runPrinter(invocation), results, { folder: place.folder, files }, invocation);
  const troubles = [...errors.map((error) => error.message), ...missing];
  for (const trouble of troubles) tell(terminal, `critique: ${trouble}`);
  return troubles.length === 0 ? EXIT.asExpected : EXIT.environment;
}

/** A single run's reports go beside its log, merged ones into a folder of their own. */
function choosePlace({ reportDir, reportPrefix }: OptionValues, runs: readonly StoredRun[]): Place {
  const [first, ...others] = runs;
  if (first && others.length === 0 && reportDir === undefined) {
    return { folder: first.folder, prefix: reportPrefix || first.prefix };
  }
  const place = { folder: reportDir ?? join(REPORTS_FOLDER, newRunId()), prefix: reportPrefix };
  if (others.length > 0 && runs.some((run) => isSamePlace(run, place))) {
    throw new UsageError(
      `--report-dir: "${place.folder}" holds one of the shards; name another folder for the merged run.`,
    );
  }
  return place;
}

function isSamePlace(run: StoredRun, place: Place): boolean {
  return run.folder === place.folder && run.prefix === place.prefix;
}

/** Judges by another list of known failures than the run did. */
async function withExpectations(events: readonly RunEvent[], file: string | undefined): Promise<readonly RunEvent[]> {
  if (file === undefined) return events;
  const ids = new Set((await loadSpecs()).map((spec) => spec.info.id));
  for (const event of events) if (event.type === "runStarted") for (const { id } of event.specs) ids.add(id);
  const expectations = await readExpectations(file, [...ids]);
  return events.map((event) =>
    event.type === "runStarted" ? { ...event, knownFailures: known(event, expectations) } : event,
  );
}

function known({ specs }: Extract<RunEvent, { type: "runStarted" }>, expectations: Expectations) {
  return Object.fromEntries(
    specs.flatMap(({ id }) => {
      const failure = expectations(id);
      return failure ? [[id, failure] as const] : [];
    }),
  );
}

function writeLog({ folder, prefix }: Place, events: readonly RunEvent[]): void {
  const log = EventLog.open(folder, prefix);
  for (const event of events) log.append(event);
  log.close();
}
