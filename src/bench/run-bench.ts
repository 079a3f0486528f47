import { randomBytes } from "node:crypto";
import type { CriConnection } from "../cri/client.js";
import { createTempFolder } from "../support/temp-folder.js";
import { calibrate } from "./core/calibration.js";
import { readEnvironment } from "./core/environment.js";
import type { Mode } from "./core/iteration.js";
import { checkLoadShape, type LoadShape } from "./core/load-shape.js";
import { PodLedger, RUN_LABEL } from "./core/pod-ledger.js";
import { runScenario } from "./core/run-scenario.js";
import { readRuntimeFacts } from "./core/runtime-facts.js";
import type { Scenario } from "./core/scenario.js";
import { DEFAULT_WARMUP } from "./core/steady-state.js";
import type { BenchWarning } from "./core/warnings.js";
import { adviseOnEnvironment, adviseOnScenario } from "./result/advice.js";
import { BENCH_SCHEMA_VERSION, type BenchResult } from "./result/model.js";
import { ReportFolder } from "./result/report-folder.js";
import { summarizeCalibration, summarizeMetrics, summarizeScenario } from "./result/summarize.js";
import { evaluateThreshold, ThresholdError, type Threshold } from "./result/threshold.js";

export interface BenchOptions {
  connection: CriConnection;
  /** Runtime handler of the pods; empty or left out for the runtime's default. */
  handler?: string;
  /** Reference of an image that is present on the runtime and holds `sh` and `sleep`. */
  image: string;
  scenarios: readonly Scenario[];
  /** Attempts to measure per scenario. Default 100: enough for a p99. */
  samples?: number;
  /** A fixed number of warm-up iterations; left out, they go on until the scenario is steady. */
  warmup?: number;
  /** Default one at a time. */
  shape?: LoadShape;
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

/** After an interruption a call under way may finish for so long: half-created things are harder to remove. */
const INTERRUPTION_GRACE_MS = 10_000;

/** Deadline of each call: longer than the start of any handler known, shorter than a user's patience. */
const CALL_TIMEOUT_MS = 60_000;

/**
 * Measures a runtime. Failed attempts are counted in the result and do not reject.
 *
 * @throws RpcError when the runtime does not answer Version or Status; ReportFolderError; ThresholdError for a threshold
 * relative to a baseline when there is none; RangeError for counts out of range; the signal's reason when interrupted
 * before the first scenario.
 */
export async function runBench(options: BenchOptions): Promise<BenchResult> {
  checkOptions(options);
  const { connection, image, handler = "", samples = DEFAULT_SAMPLES, warmup, onProgress } = options;
  const { shape = { kind: "sequential" } } = options;
  const signal = options.signal ?? new AbortController().signal;
  const startedMs = performance.now();
  const folder =
    options.reportDir === undefined
      ? undefined
      : await ReportFolder.open(options.reportDir, options.reportPrefix ?? "");
  const environment = readEnvironment();
  const cleanUpRpc = connection.rpc({ timeoutMs: CALL_TIMEOUT_MS });
  const rpc = connection.rpc({ timeoutMs: CALL_TIMEOUT_MS, signal: delayed(signal, INTERRUPTION_GRACE_MS) });
  const runtime = await readRuntimeFacts(rpc);
  const calibration = await calibrate(rpc, signal);
  const floor = summarizeCalibration(calibration);
  const runId = randomBytes(5).toString("hex");

  const result: BenchResult = {
    schema: "critique.dev/bench",
    schemaVersion: BENCH_SCHEMA_VERSION,
    suiteVersion: options.suiteVersion ?? "unknown",
    runId,
    state: "running",
    startedAt: new Date().toISOString(),
    durationMs: 0,
    target: {
      endpoint: connection.runtimeEndpoint.uri,
      imageEndpoint: connection.imageEndpoint.uri,
      handler,
      image,
      runtime,
    },
    environment,
    options: { samples, warmup: warmup ?? "steady", shape },
    calibration: { clock: calibration.clock, harness: calibration.harness },
    scenarios: [],
    metrics: [floor],
    warnings: adviseOnEnvironment(environment),
    thresholds: [],
  };
  const write = async () => {
    result.durationMs = Math.round(performance.now() - startedMs);
    await folder?.write(result);
  };

  await using logs = await createTempFolder("bench-logs");
  const pods = new PodLedger({ rpc: cleanUpRpc, runId, handler, folder: logs.path });
  try {
    for (const scenario of options.scenarios) {
      if (signal.aborted) break;
      const context = { rpc, cleanUpRpc, pods, image, signal };
      const run = await runScenario(scenario, context, {
        samples,
        warmup: warmup ?? DEFAULT_WARMUP,
        shape,
        onProgress: (mode, done) =>
          onProgress?.({ scenario: scenario.name, mode, done, of: mode === "run" ? samples : warmup }),
      });
      const metrics = run.end.state === "notApplicable" ? [] : summarizeMetrics(run);
      result.scenarios.push(summarizeScenario(run));
      result.metrics.push(...metrics);
      result.warnings.push(...adviseOnScenario(run, metrics, calibration.clock, floor));
      await write();
    }
  } finally {
    await pods.removeAll().catch((error: unknown) => result.warnings.push(leftovers(error)));
  }
  result.state = endState(result, signal);
  result.thresholds = (options.thresholds ?? []).map((threshold) =>
    evaluateThreshold(threshold, result.metrics, options.baseline?.metrics),
  );
  await write();
  return result;
}

function checkOptions(options: BenchOptions): void {
  const { samples = DEFAULT_SAMPLES, warmup = 0, thresholds = [], baseline, scenarios, shape } = options;
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
  const relative = thresholds.find(({ bound }) => bound.kind === "baseline");
  if (relative && !baseline) {
    throw new ThresholdError(
      `Threshold "${relative.expression}" compares with a baseline: name its file with --baseline.`,
    );
  }
}

function endState({ scenarios }: BenchResult, signal: AbortSignal): BenchResult["state"] {
  if (signal.aborted) return "interrupted";
  return scenarios.some(({ end }) => end.state === "failed") ? "failed" : "completed";
}

function leftovers(error: unknown): BenchWarning {
  return {
    kind: "leftovers",
    message: error instanceof Error ? error.message : String(error),
    advice: `remove the pods with the label ${RUN_LABEL} by hand, for example with crictl`,
  };
}

/** A signal that is aborted some time after another. */
function delayed(signal: AbortSignal, delayMs: number): AbortSignal {
  const controller = new AbortController();
  const abort = () => void setTimeout(() => controller.abort(signal.reason), delayMs).unref();
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  return controller.signal;
}
