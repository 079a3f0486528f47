import { randomInt } from "node:crypto";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UsageError } from "../../config/errors.js";
import { readTextFile } from "../../config/read-text-file.js";
import { newRunId } from "../../harness/ownership.js";
import { allFaults, chooseFaults } from "../../prove/faults/catalogue.js";
import { ConditionalFaults } from "../../prove/faults/conditional.js";
import { EquivalentFaults } from "../../prove/faults/equivalent.js";
import { compileResults } from "../../prove/result/compile.js";
import { proveHtml } from "../../prove/result/html.js";
import type { ProveResults } from "../../prove/result/model.js";
import { summaryText } from "../../prove/result/summary.js";
import { RuntimeLostError } from "../../prove/run/leftovers.js";
import { ProveState } from "../../prove/run/prove-state.js";
import { prove, type ProveProgress } from "../../prove/run/prove.js";
import { assertReportFolder } from "../../report/event-log.js";
import type { Expectations } from "../../report/results.js";
import { boundTexts } from "../../report/bounds.js";
import { harmlessJson } from "../../report/escape.js";
import { chooseSpecs } from "../chosen-specs.js";
import { connectRuntime } from "../connect-runtime.js";
import { EXIT, type ExitCode } from "../exit-codes.js";
import { catchInterrupts } from "../interrupts.js";
import type { Invocation } from "../invocation.js";
import { chosenLab } from "../lab-choice.js";
import { LAB_VARIABLE } from "../lab-variable.js";
import { openTestImages } from "../open-test-images.js";
import { readExpectations } from "../read-expectations.js";
import { printJson, printLine, tell } from "../terminal.js";
import { packageVersion } from "../version.js";

const FIXTURES = fileURLToPath(new URL("../../../../fixtures/prove/", import.meta.url));

/** The name of the file that a run is continued from. */
const STATE_NAME = "prove.ndjson";

/** `critique prove`: shows that the suite notices faults. */
export async function execute(invocation: Invocation): Promise<number> {
  const { options, terminal } = invocation;
  const labHandler = chosenLab(invocation);
  const { specs, knownIds } = await chooseSpecs(options);
  const all = allFaults();
  const faults = chooseFaults(all, {
    ...(options.faults && { ids: options.faults }),
    ...(options.family && { families: options.family }),
  });
  if (faults.length === 0) {
    throw new UsageError("--faults and --family leave no fault: give ids as in prove.json, for example 'noop:*'.");
  }
  const faultIds = all.map(({ id }) => id);
  const equivalent = EquivalentFaults.parse(...(await readFixture("equivalent.yaml")), faultIds);
  const conditional = ConditionalFaults.parse(...(await readFixture("conditional.yaml")), faultIds);
  const allowed = await readExpectations(options.allowedSpecs ?? join(FIXTURES, "specs-without-kill.txt"), knownIds);
  const folder = options.resume ?? options.reportDir ?? join("reports", newRunId());
  checkFolder(folder, options.resume !== undefined);
  if (labHandler !== undefined) {
    const { runInLab } = await import("../run-in-lab.js");
    return runInLab(invocation, labHandler);
  }
  refuseForeignRuntime(invocation);

  using runtime = await connectRuntime(invocation);
  using interrupts = catchInterrupts(terminal);
  assertReportFolder(folder);
  const startedMs = performance.now();
  const { name, version } = runtime.identity;
  const handler = options.runtimeHandler ?? "";
  const suiteVersion = await packageVersion();
  const identity = { suiteVersion, runtimeName: name, runtimeVersion: version, handler };
  const state = ProveState.open(join(folder, STATE_NAME), identity);
  if (options.retryMissed) state.forgetMissed();
  const seed = options.seed ?? randomInt(1 << 30);
  const images = await openTestImages(options);
  let lost: RuntimeLostError | undefined;
  try {
    await prove({
      connection: runtime.connection,
      handler,
      images,
      nriSocket: options.nriSocket,
      signal: interrupts.signal,
      specs,
      faults,
      equivalent,
      conditional,
      state,
      parallel: options.parallel,
      timeoutMs: options.timeoutMs,
      seed,
      specsPerFault: options.specsPerFault,
      allKillers: options.allKillers,
      budgetMs: options.budgetMs ?? Infinity,
      onProgress: (progress) => options.quiet || tell(terminal, progressText(progress)),
    });
  } catch (error) {
    // What is known until then is reported all the same.
    if (!(error instanceof RuntimeLostError)) throw error;
    lost = error;
  } finally {
    await images.close();
  }
  const chosenIds = new Set(faults.map(({ id }) => id));
  const results = boundTexts(
    compileResults({
      suiteVersion,
      startedAt: state.startedAt,
      endpoint: runtime.connection.runtimeEndpoint.uri,
      runtime: { name, version },
      handler,
      seed,
      durationMs: Math.round(performance.now() - startedMs),
      baseline: state.baseline,
      faults: [...state.faults.values()].filter(({ id }) => chosenIds.has(id)),
      chosen: faults.length,
    }),
  );
  await writeFile(join(folder, "prove.json"), `${harmlessJson(JSON.stringify(results, undefined, 1))}\n`);
  await writeFile(join(folder, "prove.html"), proveHtml(results));
  if (options.json) printJson(terminal, results);
  else printLine(terminal, summaryText(results));
  if (!options.quiet) tell(terminal, `reports are in ${folder}`);
  if (lost) {
    tell(terminal, `critique: The runtime is gone (${lost.message}); go on in another lab with --resume ${folder}.`);
    return EXIT.environment;
  }
  return interrupts.signal.aborted ? EXIT.interrupted : exitCodeOf(results, allowed, invocation);
}

/** Nothing noticed at all says nothing; a spec that no fault fails and that nobody has allowed is an error of the suite. */
function exitCodeOf(results: ProveResults, allowed: Expectations, { options, terminal }: Invocation): ExitCode {
  if (results.scores.total.killed === 0) {
    tell(terminal, "critique: No fault was noticed: the specs chosen did not pass or touch none of the faults chosen.");
    return EXIT.environment;
  }
  // Part of the faults says nothing about a spec that none of them fails.
  if (!results.complete || options.faults || options.family) return EXIT.asExpected;
  const unexpected = results.specsWithoutKill.filter((id) => allowed(id) === undefined);
  for (const id of unexpected) tell(terminal, `critique: ${id} is failed by no fault: it may not be able to fail.`);
  return unexpected.length > 0 ? EXIT.misbehaved : EXIT.asExpected;
}

/** Text and path of a list about faults. */
async function readFixture(name: string): Promise<[text: string, file: string]> {
  const file = join(FIXTURES, name);
  return [await readTextFile(file, "list about faults"), file];
}

function checkFolder(folder: string, resume: boolean): void {
  const exists = existsSync(join(folder, STATE_NAME));
  if (resume && !exists) {
    throw new UsageError(`--resume: there is no ${STATE_NAME} in "${folder}"; name the folder of a run.`);
  }
  if (!resume && exists) {
    throw new UsageError(
      `--report-dir "${folder}" holds a run already; continue it with --resume ${folder}, or name another.`,
    );
  }
}

/** A fault may hide objects from the suite's clean-up and harm those of others. */
function refuseForeignRuntime({ options, env }: Invocation): void {
  if (env[LAB_VARIABLE] || options.podsMayBeLost) return;
  throw new UsageError(
    "A runtime whose behaviour is broken on purpose keeps what the suite cannot remove, and specs may meet pods of others: " +
      "use --lab, or say --i-know-pods-may-be-lost.",
  );
}

function progressText(progress: ProveProgress): string {
  const { stage, done, of } = progress;
  const head = `${stage} ${done}/${of}`;
  switch (stage) {
    case "baseline":
      return `${head} ${progress.record.id} ${progress.record.status} ${progress.record.reason}`.trimEnd();
    case "faults": {
      const { id, verdict, trials } = progress.result;
      const killer = trials.find(({ end }) => end === "killed");
      return `${head} ${verdict} ${id}${killer ? ` by ${killer.spec}` : ""}`;
    }
    case "specs":
      return `${head} ${progress.spec}`;
  }
}
