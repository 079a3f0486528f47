import { randomBytes } from "node:crypto";
import type { CriConnection } from "../cri/client.js";
import { boundTexts } from "../report/bounds.js";
import { createTempFolder, type TempFolder } from "../support/temp-folder.js";
import { calibrate } from "./core/calibration.js";
import { readEnvironment } from "./core/environment.js";
import type { LoadShape } from "./core/load-shape.js";
import type { CostRun } from "./cost/cost-run.js";
import { PodLedger, RUN_LABEL } from "./core/pod-ledger.js";
import { readRuntimeFacts } from "./core/runtime-facts.js";
import type { ScenarioRun } from "./core/scenario-execution.js";
import type { ScenarioContext } from "./core/scenario.js";
import { adviseOnEnvironment, adviseOnScenario } from "./result/advice.js";
import { BENCH_SCHEMA_VERSION, type BenchResult } from "./result/model.js";
import type { ReportFolder } from "./result/report-folder.js";
import { summarizeCalibration, summarizeMetrics, summarizeScenario } from "./result/summarize.js";

export interface TargetOptions {
  connection: CriConnection;
  /** Runtime handler of the pods; empty for the runtime's default. */
  handler: string;
  /** Reference of an image that is present on the runtime and holds `sh` and `sleep`. */
  image: string;
  samples: number;
  warmup: number | "steady";
  shape: LoadShape;
  suiteVersion: string;
  signal: AbortSignal;
  /** Where the result is written as it grows; undefined to write nothing. */
  folder: ReportFolder | undefined;
}

/** After an interruption a call under way may finish for so long: half-created things are harder to remove. */
const INTERRUPTION_GRACE_MS = 10_000;

/** Deadline of each call: longer than the start of any handler known, shorter than a user's patience. */
const CALL_TIMEOUT_MS = 60_000;

/** One runtime and handler under measurement: what scenarios need of it, and the result as it grows. */
export class TargetSession {
  readonly #startedMs = performance.now();

  private constructor(
    private readonly options: TargetOptions,
    private readonly logs: TempFolder,
    /** What scenarios use. */
    readonly context: Omit<ScenarioContext, "note">,
    readonly result: BenchResult,
  ) {}

  /**
   * Asks the runtime for what it is and measures the harness's floor.
   *
   * @throws RpcError when the runtime does not answer Version or Status; the signal's reason when aborted meanwhile.
   */
  static async open(options: TargetOptions): Promise<TargetSession> {
    const { connection, handler, image, samples, warmup, shape, signal } = options;
    const environment = readEnvironment();
    const cleanUpRpc = connection.rpc({ timeoutMs: CALL_TIMEOUT_MS });
    const rpc = connection.rpc({
      timeoutMs: CALL_TIMEOUT_MS,
      signal: delayed(signal, INTERRUPTION_GRACE_MS),
      lean: true,
    });
    // What a runtime says is bounded here, and so in all that is made of it.
    const runtime = boundTexts(await readRuntimeFacts(rpc, handler));
    const calibration = await calibrate(rpc, signal);
    const runtimeSocket = connection.runtimeEndpoint.socketPath;
    const runId = randomBytes(5).toString("hex");
    const result: BenchResult = {
      schema: "critique.dev/bench",
      schemaVersion: BENCH_SCHEMA_VERSION,
      suiteVersion: options.suiteVersion,
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
      options: { samples, warmup, shape },
      calibration: { clock: calibration.clock, harness: calibration.harness },
      scenarios: [],
      metrics: [summarizeCalibration(calibration)],
      warnings: adviseOnEnvironment(environment),
      thresholds: [],
    };
    const logs = await createTempFolder("bench-logs");
    const pods = new PodLedger({ rpc: cleanUpRpc, runId, handler, folder: logs.path });
    return new TargetSession(options, logs, { rpc, cleanUpRpc, pods, image, runtimeSocket, signal }, result);
  }

  /** Adds a scenario's run to the result and writes it. */
  async add(run: ScenarioRun | CostRun): Promise<void> {
    const { scenarios, metrics, warnings, calibration } = this.result;
    const added = summarizeMetrics(run);
    scenarios.push(boundTexts(summarizeScenario(run)));
    if ("store" in run) {
      warnings.push(...boundTexts(adviseOnScenario(run, added, calibration.clock, metrics[0]!)));
    }
    metrics.push(...added);
    await this.write();
  }

  /** Writes the result as it stands. */
  async write(): Promise<void> {
    this.result.durationMs = Math.round(performance.now() - this.#startedMs);
    await this.options.folder?.write(this.result);
  }

  /** Writes the finished result in every form there is. */
  async writeAll(): Promise<void> {
    await this.write();
    const { folder } = this.options;
    if (!folder) return;
    // Loaded when the measurement is over: drawing needs some megabytes that nobody should pay for before.
    const { BENCH_EXPORTERS } = await import("./exporters/index.js");
    for (const { fileName, render } of BENCH_EXPORTERS) await folder.writeText(fileName, render(this.result));
  }

  /** Takes everything off the runtime, and gives the result its final state; it is not written yet. */
  async close(): Promise<BenchResult> {
    try {
      await this.context.pods.removeAll();
    } catch (error) {
      this.result.warnings.push({
        kind: "leftovers",
        message: boundTexts(error instanceof Error ? error.message : String(error)),
        advice: `remove the pods with the label ${RUN_LABEL}=${this.result.runId} by hand, for example with crictl`,
      });
    }
    await this.logs.remove();
    const failed = this.result.scenarios.some(({ end }) => end.state === "failed");
    this.result.state = this.options.signal.aborted ? "interrupted" : failed ? "failed" : "completed";
    return this.result;
  }
}

/** A signal that is aborted some time after another. */
function delayed(signal: AbortSignal, delayMs: number): AbortSignal {
  const controller = new AbortController();
  const abort = () => void setTimeout(() => controller.abort(signal.reason), delayMs).unref();
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  return controller.signal;
}
