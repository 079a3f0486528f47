import type { CriConnection } from "../cri/client.js";
import type { Mode } from "./core/iteration.js";
import { checkLoadShape, type LoadShape } from "./core/load-shape.js";
import type { LatencyObjective, RampStep } from "./core/ramp.js";
import { runScenario } from "./core/run-scenario.js";
import { isCostScenario, type AnyScenario } from "./core/scenario.js";
import { DEFAULT_WARMUP } from "./core/steady-state.js";
import { runCostScenario } from "./cost/cost-run.js";
import type { BenchResult } from "./result/model.js";
import { ReportFolder } from "./result/report-folder.js";
import { evaluateThreshold, ThresholdError, type Threshold } from "./result/threshold.js";
import { runRamp } from "./run-ramp.js";
import { TargetSession } from "./target-session.js";

export interface BenchOptions {
  connection: CriConnection;
  /** Runtime handler of the pods; empty or left out for the runtime's default. */
  handler?: string;
  /** Reference of an image that is present on the runtime and holds `sh` and `sleep`. */
  image: string;
  scenarios: readonly AnyScenario[];
  /** Attempts to measure per scenario. Default 100: enough for a p99. */
  samples?: number;
  /** A fixed number of warm-up iterations; left out, they go on until the scenario is steady. */
  warmup?: number;
  /** Default one at a time. */
  shape?: LoadShape;
  /** Instead of a load shape: look for the highest rate that meets this objective, `samples` attempts a rate. */
  ramp?: LatencyObjective;
  /** Folder for bench.json and the histograms; left out, nothing is written. */
  reportDir?: string;
  /** Put before each file's name. */
  reportPrefix?: string;
  thresholds?: readonly Threshold[];
  /** Result that thresholds may refer to. */
  baseline?: BenchResult;
  /** Ends the run early; what it created is removed, and the result so far returned. */
  signal?: AbortSignal;
  onProgress?: (progress: BenchProgress) => void;
  /** Told of every rate that was tried. */
  onRampStep?: (step: RampStep) => void;
  suiteVersion?: string;
}

export interface BenchProgress {
  scenario: string;
  mode: Mode;
  /** Iterations of the mode done so far. */
  done: number;
  /** Iterations of the mode in all; undefined while the steady state is looked for. */
  of: number | undefined;
}

export const DEFAULT_SAMPLES = 100;

/**
 * Measures a runtime. Failed attempts are counted in the result and do not reject.
 *
 * @throws RpcError when the runtime does not answer Version or Status; ReportFolderError; ThresholdError for a threshold
 * relative to a baseline when there is none; RangeError for counts out of range; the signal's reason when interrupted
 * before the first scenario.
 */
export async function runBench(options: BenchOptions): Promise<BenchResult> {
  checkMeasurement(options);
  checkThresholds(options);
  const { connection, image, handler = "", samples = DEFAULT_SAMPLES, warmup, onProgress } = options;
  const { shape = { kind: "sequential" }, reportDir, reportPrefix = "", suiteVersion = "unknown" } = options;
  const { signal = new AbortController().signal, thresholds = [], baseline } = options;
  const session = await TargetSession.open({
    connection,
    handler,
    image,
    samples,
    warmup: warmup ?? "steady",
    shape,
    suiteVersion,
    signal,
    folder: reportDir === undefined ? undefined : await ReportFolder.open(reportDir, reportPrefix),
  });
  try {
    for (const scenario of options.scenarios) {
      if (signal.aborted) break;
      if (isCostScenario(scenario)) {
        await session.add(await runCostScenario(scenario, session.context));
        continue;
      }
      if (options.ramp) {
        const maxInFlight = shape.kind === "parallel" ? shape.concurrency : undefined;
        const found = await runRamp(scenario, session, {
          objective: options.ramp,
          samples,
          warmup: warmup ?? DEFAULT_WARMUP,
          ...(maxInFlight !== undefined && { maxInFlight }),
          signal,
          ...(options.onRampStep && { onStep: options.onRampStep }),
        });
        (session.result.ramps ??= []).push(found);
        continue;
      }
      const run = await runScenario(scenario, session.context, {
        samples,
        warmup: warmup ?? DEFAULT_WARMUP,
        shape,
        onProgress: (mode, done) =>
          onProgress?.({ scenario: scenario.name, mode, done, of: mode === "run" ? samples : warmup }),
      });
      await session.add(run);
    }
  } finally {
    await session.close();
  }
  const { result } = session;
  result.thresholds = thresholds.map((threshold) => evaluateThreshold(threshold, result.metrics, baseline?.metrics));
  await session.writeAll();
  return result;
}

/** @throws RangeError for what cannot be measured. */
export function checkMeasurement(options: Pick<BenchOptions, "samples" | "warmup" | "shape" | "scenarios">): void {
  const { samples = DEFAULT_SAMPLES, warmup = 0, shape, scenarios } = options;
  if (!Number.isSafeInteger(samples) || samples < 1) {
    throw new RangeError(`${samples} samples cannot be taken: give a whole number from 1 upwards, for example 100.`);
  }
  if (!Number.isSafeInteger(warmup) || warmup < 0) {
    throw new RangeError(
      `${warmup} is no number of warm-up iterations: give a whole number from 0 upwards, for example 10.`,
    );
  }
  if (shape) checkLoadShape(shape);
  if (scenarios.length === 0) {
    throw new RangeError("No scenario is chosen: name at least one, for example pod-startup.");
  }
}

function checkThresholds({ thresholds = [], baseline }: BenchOptions): void {
  const relative = thresholds.find(({ bound }) => bound.kind === "baseline");
  if (relative && !baseline) {
    throw new ThresholdError(
      `Threshold "${relative.expression}" compares with a baseline: name its file with --baseline.`,
    );
  }
}
