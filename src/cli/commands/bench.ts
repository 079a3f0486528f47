import { join } from "node:path";
import {
  formatBenchTable,
  outcomeOf,
  parseThreshold,
  runBench,
  selectScenarios,
  type RampStep,
} from "../../bench/index.js";
import { UsageError } from "../../config/errors.js";
import { newRunId } from "../../harness/ownership.js";
import { formatDurationNs } from "../../support/duration.js";
import { connectRuntime } from "../connect-runtime.js";
import { BENCH_EXIT_CODES } from "../bench-exit-codes.js";
import { benchProgress } from "../bench-progress.js";
import { catchInterrupts } from "../interrupts.js";
import type { Invocation } from "../invocation.js";
import { loadShape } from "../load-shape.js";
import { chosenLab } from "../lab-choice.js";
import { openTestImages } from "../open-test-images.js";
import { printJson, printLine, tell } from "../terminal.js";
import { pullImage } from "../pulled-image.js";
import { readBenchResult } from "../read-bench-result.js";
import { packageVersion } from "../version.js";

/** `critique bench`: measures one runtime and writes histograms and reports. */
export async function execute(invocation: Invocation): Promise<number> {
  const { options, terminal } = invocation;
  const scenarios = selectScenarios(options.scenario);
  const thresholds = options.threshold.map(parseThreshold);
  const baseline = options.baseline === undefined ? undefined : await readBenchResult(options.baseline, "--baseline");
  if (options.ramp && options.ratePerSecond !== undefined) {
    throw new UsageError("--ramp and --rate exclude each other: a ramp finds its rates itself; drop one.");
  }
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
      ...(options.ramp && { ramp: options.ramp }),
      ...(!options.quiet && { onRampStep: (step) => tell(terminal, describeStep(step)) }),
      ...(baseline && { baseline }),
      signal: interrupts.signal,
      ...(!options.quiet && { onProgress: benchProgress(terminal) }),
      suiteVersion: await packageVersion(),
    });
    if (options.json) printJson(terminal, result);
    else printLine(terminal, formatBenchTable(result).trimEnd());
    if (!options.quiet) tell(terminal, `reports are in ${folder}`);
    return BENCH_EXIT_CODES[outcomeOf(result)];
  } finally {
    await images.close();
  }
}

function describeStep({ ratePerS, seenNs, errors, droppedStarts, met }: RampStep): string {
  const seen = seenNs === undefined ? "no start succeeded" : formatDurationNs(seenNs);
  const trouble = errors > 0 ? `, ${errors} errors, ${droppedStarts} of them dropped starts` : "";
  return `${ratePerS} starts per second: ${seen}${trouble}: objective ${met ? "met" : "missed"}`;
}
