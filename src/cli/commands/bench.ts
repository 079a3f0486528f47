import { join } from "node:path";
import {
  DEFAULT_MAX_IN_FLIGHT,
  formatBenchTable,
  outcomeOf,
  parseThreshold,
  runBench,
  selectScenarios,
  type BenchOutcome,
  type BenchProgress,
  type BenchResult,
  type LoadShape,
} from "../../bench/index.js";
import { UsageError } from "../../config/errors.js";
import { readTextFile } from "../../config/read-text-file.js";
import { newRunId } from "../../harness/ownership.js";
import { connectRuntime } from "../connect-runtime.js";
import { EXIT, type ExitCode } from "../exit-codes.js";
import { catchInterrupts } from "../interrupts.js";
import type { Invocation } from "../invocation.js";
import { chosenLab } from "../lab-choice.js";
import { openTestImages } from "../open-test-images.js";
import { printJson, printLine, tell, type Terminal } from "../terminal.js";
import type { OptionValues } from "../options.js";
import { pullImage } from "../pulled-image.js";
import { packageVersion } from "../version.js";

const EXIT_CODES: Readonly<Record<BenchOutcome, ExitCode>> = {
  asExpected: EXIT.asExpected,
  thresholdMissed: EXIT.threshold,
  runtimeFailed: EXIT.misbehaved,
  environmentFailed: EXIT.environment,
  interrupted: EXIT.interrupted,
};

/** `critique bench`: measures one runtime and writes histograms and reports. */
export async function execute(invocation: Invocation): Promise<number> {
  const { options, terminal } = invocation;
  const scenarios = selectScenarios(options.scenario);
  const thresholds = options.threshold.map(parseThreshold);
  const baseline = options.baseline === undefined ? undefined : await readBaseline(options.baseline);
  const labHandler = chosenLab(invocation);
  if (labHandler !== undefined) {
    const { runInLab } = await import("../run-in-lab.js");
    return runInLab(invocation, labHandler);
  }

  const folder = options.reportDir ?? join("reports", newRunId());
  using runtime = await connectRuntime(invocation);
  using interrupts = catchInterrupts(terminal);
  const images = await openTestImages(options);
  try {
    await using image = await pullImage(runtime.connection.rpc(), images.reference("busybox"));
    const result = await runBench({
      connection: runtime.connection,
      handler: options.runtimeHandler ?? "",
      image: image.reference,
      scenarios,
      shape: loadShape(options),
      samples: options.samples,
      ...(options.warmup !== undefined && { warmup: options.warmup }),
      reportDir: folder,
      reportPrefix: options.reportPrefix,
      thresholds,
      ...(baseline && { baseline }),
      signal: interrupts.signal,
      ...(!options.quiet && { onProgress: showProgress(terminal) }),
      suiteVersion: await packageVersion(),
    });
    if (options.json) printJson(terminal, result);
    else printLine(terminal, formatBenchTable(result).trimEnd());
    if (!options.quiet) tell(terminal, `reports are in ${folder}`);
    return EXIT_CODES[outcomeOf(result)];
  } finally {
    await images.close();
  }
}

/** How repetitions follow each other. */
function loadShape({ ratePerSecond, concurrency }: OptionValues): LoadShape {
  if (ratePerSecond !== undefined) {
    return { kind: "openLoop", ratePerS: ratePerSecond, maxInFlight: concurrency ?? DEFAULT_MAX_IN_FLIGHT };
  }
  return concurrency === undefined || concurrency === 1 ? { kind: "sequential" } : { kind: "parallel", concurrency };
}

/** bench.json holds every sample: 100,000 of ten metrics take some 20 MiB. */
const MAX_BASELINE_BYTES = 256 << 20;

/** Reads the bench.json of an earlier run. */
async function readBaseline(path: string): Promise<BenchResult> {
  const text = await readTextFile(path, "baseline", MAX_BASELINE_BYTES);
  try {
    const result = JSON.parse(text) as Partial<BenchResult> | null;
    if (result?.schema === "critique.dev/bench" && Array.isArray(result.metrics)) return result as BenchResult;
  } catch {
    // Said below: no JSON is no bench.json either.
  }
  throw new UsageError(`--baseline: "${path}" is no bench.json of critique; name the bench.json of an earlier run.`);
}

/** One line on stderr whenever another tenth is done; no animation, so that it reads the same in a log. */
function showProgress(terminal: Terminal): (progress: BenchProgress) => void {
  let shown = "";
  return ({ scenario, mode, done, of }) => {
    const step = of === undefined ? Math.floor(done / 10) : Math.floor((done / of) * 10);
    const stage = `${scenario} ${mode} ${step}`;
    if (stage === shown) return;
    shown = stage;
    tell(
      terminal,
      `${scenario}: ${mode === "run" ? "measuring" : "warming up"} ${done}${of === undefined ? "" : `/${of}`}`,
    );
  };
}
