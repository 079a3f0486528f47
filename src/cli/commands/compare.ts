import { join } from "node:path";
import {
  formatCompareTable,
  gravest,
  outcomeOf,
  parseThreshold,
  runCompare,
  selectScenarios,
  type AnyScenario,
  type BenchOutcome,
  type BenchResult,
  type CompareResult,
  type Threshold,
} from "../../bench/index.js";
import type { Spec } from "../../harness/spec.js";
import { newRunId } from "../../harness/ownership.js";
import { makeFolder } from "../../support/make-folder.js";
import { verdictLines, type VerdictComparison } from "../../report/verdict-comparison.js";
import { BENCH_EXIT_CODES } from "../bench-exit-codes.js";
import { benchProgress } from "../bench-progress.js";
import { chooseSpecs } from "../chosen-specs.js";
import { checkTargetOptions, connectTargets, type ConnectedTarget } from "../compare-targets.js";
import { catchInterrupts } from "../interrupts.js";
import type { Invocation } from "../invocation.js";
import { chosenLab } from "../lab-choice.js";
import { loadShape } from "../load-shape.js";
import { openTestImages } from "../open-test-images.js";
import type { OptionKey } from "../options.js";
import { pullImage, type PulledImage } from "../pulled-image.js";
import { readBenchResult } from "../read-bench-result.js";
import { printJson, printLine, tell } from "../terminal.js";
import { packageVersion } from "../version.js";

/** What is compared; at least one of the two is there. */
interface Subject {
  scenarios: readonly AnyScenario[] | undefined;
  specs: readonly Spec[] | undefined;
  thresholds: readonly Threshold[];
  baseline: BenchResult | undefined;
}

/** `critique compare`: several endpoints or handlers side by side, verdicts and latency. */
export async function execute(invocation: Invocation): Promise<number> {
  const { options, terminal } = invocation;
  checkTargetOptions(invocation);
  const subject = await chooseSubject(invocation);
  const labHandler = chosenLab(invocation);
  if (labHandler !== undefined) {
    const { runInLab } = await import("../run-in-lab.js");
    return runInLab(invocation, labHandler);
  }
  const folder = options.reportDir ?? join("reports", newRunId());
  makeFolder(folder);
  using connected = await connectTargets(invocation);
  using interrupts = catchInterrupts(terminal);
  const { targets } = connected;
  const { signal } = interrupts;
  const images = await openTestImages(options);
  try {
    const reference = images.reference("busybox");
    const measured =
      subject.scenarios && (await compareLatency(invocation, subject, { targets, folder, reference, signal }));
    const verdicts =
      subject.specs && (await verdictsOf(invocation, { targets, specs: subject.specs, images, folder, signal }));
    show(invocation, measured, verdicts);
    if (!options.quiet) tell(terminal, `reports are in ${folder}`);
    return BENCH_EXIT_CODES[gravest([...outcomesOf(measured), ...verdictOutcome(verdicts, signal)])];
  } finally {
    await images.close();
  }
}

/** Options that choose specs, and those that say what to measure. */
const SPEC_OPTIONS: readonly OptionKey[] = ["focus", "skip", "labelFilter", "ids", "level"];
const MEASUREMENT_OPTIONS: readonly OptionKey[] = [
  "scenario",
  "samples",
  "warmup",
  "ratePerSecond",
  "concurrency",
  "threshold",
  "baseline",
];

/** What is named is compared; when nothing is, everything. */
async function chooseSubject({ options, sources }: Invocation): Promise<Subject> {
  const names = (keys: readonly OptionKey[]) => keys.some((key) => sources.has(key));
  const namesSpecs = names(SPEC_OPTIONS);
  const namesMeasurement = names(MEASUREMENT_OPTIONS);
  return {
    scenarios: namesMeasurement || !namesSpecs ? selectScenarios(options.scenario) : undefined,
    specs: namesSpecs || !namesMeasurement ? (await chooseSpecs(options)).specs : undefined,
    thresholds: options.threshold.map(parseThreshold),
    baseline: options.baseline === undefined ? undefined : await readBenchResult(options.baseline, "--baseline"),
  };
}

interface Setting {
  targets: readonly ConnectedTarget[];
  folder: string;
  /** The image that pods run. */
  reference: string;
  signal: AbortSignal;
}

async function compareLatency(
  { options, terminal }: Invocation,
  { scenarios = [], thresholds, baseline }: Subject,
  { targets, folder, reference, signal }: Setting,
): Promise<CompareResult> {
  const images = new Map<ConnectedTarget["connection"], PulledImage>();
  try {
    for (const { connection } of targets) {
      if (!images.has(connection)) images.set(connection, await pullImage(connection.rpc(), reference));
    }
    return await runCompare({
      targets: targets.map(({ name, connection, handler }) => ({ name, connection, handler, image: reference })),
      scenarios,
      samples: options.samples,
      ...(options.warmup !== undefined && { warmup: options.warmup }),
      shape: loadShape(options),
      thresholds,
      ...(baseline && { baseline }),
      reportDir: folder,
      signal,
      ...(options.seed !== undefined && { seed: options.seed }),
      ...(!options.quiet && { onProgress: benchProgress(terminal) }),
      suiteVersion: await packageVersion(),
    });
  } finally {
    for (const image of images.values()) await image[Symbol.asyncDispose]();
  }
}

async function verdictsOf(
  invocation: Invocation,
  run: Parameters<typeof import("../compare-verdicts.js").runVerdicts>[1],
): Promise<VerdictComparison | undefined> {
  const { runVerdicts } = await import("../compare-verdicts.js");
  return run.signal.aborted ? undefined : runVerdicts(invocation, run);
}

/** Verdicts come first: a difference in behaviour matters more than one in speed. */
function show({ options, terminal }: Invocation, measured?: CompareResult, verdicts?: VerdictComparison): void {
  if (options.json) {
    printJson(terminal, { ...(verdicts && { verdicts }), ...(measured && { measured }) });
    return;
  }
  if (verdicts) printLine(terminal, [...verdictLines(verdicts), ""].join("\n"));
  if (measured) printLine(terminal, formatCompareTable(measured).trimEnd());
}

function outcomesOf(measured: CompareResult | undefined): BenchOutcome[] {
  const results = (measured?.targets ?? []).filter(({ source }) => source === "measured");
  return results.map(({ result }) => outcomeOf(result));
}

/** What the first target does is what is expected of the others. */
function verdictOutcome(verdicts: VerdictComparison | undefined, signal: AbortSignal): BenchOutcome[] {
  if (signal.aborted) return ["interrupted"];
  return verdicts && verdicts.worse.length > 0 ? ["runtimeFailed"] : [];
}
