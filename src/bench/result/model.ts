import type { ClockFacts } from "../core/clock.js";
import type { Environment } from "../core/environment.js";
import type { HarnessLoad } from "../core/harness-load.js";
import type { LoadShape, Pace } from "../core/load-shape.js";
import type { ScenarioEnd } from "../core/scenario-execution.js";
import type { RampResult } from "../core/ramp.js";
import type { RuntimeFacts } from "../core/runtime-facts.js";
import type { ErrorGroup } from "../core/sample-store.js";
import type { WarmupOutcome } from "../core/steady-state.js";
import type { BenchWarning } from "../core/warnings.js";
import type { MetricResult } from "./metric.js";
import type { ThresholdResult } from "./threshold.js";

/** Raised when a field changes its meaning or goes away; added fields leave it as it is. */
export const BENCH_SCHEMA_VERSION = 1;

/** The content of bench.json, and what `runBench` returns. docs/benchmarks.md describes it for readers. */
export interface BenchResult {
  schema: "critique.dev/bench";
  schemaVersion: typeof BENCH_SCHEMA_VERSION;
  /** Version of this tool. */
  suiteVersion: string;
  /** Value of the label `critique.dev/run` on everything the run created. */
  runId: string;
  /** `running` in the partial results that are written after each scenario. */
  state: "running" | "completed" | "interrupted" | "failed";
  /** Start as ISO 8601, UTC. */
  startedAt: string;
  durationMs: number;
  target: {
    endpoint: string;
    imageEndpoint: string;
    /** Runtime handler that was asked for; empty for the runtime's default. */
    handler: string;
    image: string;
    runtime: RuntimeFacts;
  };
  environment: Environment;
  /** What was asked for. */
  options: { samples: number; warmup: number | "steady"; shape: LoadShape };
  /** The harness's own floor; the Version round trip is the metric `calibration.version`. */
  calibration: { clock: ClockFacts; harness: HarnessLoad };
  scenarios: ScenarioResult[];
  metrics: MetricResult[];
  warnings: BenchWarning[];
  thresholds: ThresholdResult[];
  /** Searches for the highest rate that meets an objective; left out where none was asked for. */
  ramps?: RampResult[];
}

export interface ScenarioResult {
  name: string;
  title: string;
  /** Of a cost scenario: how its figures come about and what they cannot see. */
  method?: string;
  phases: readonly string[];
  end: ScenarioEnd;
  warmup: WarmupOutcome;
  shape: LoadShape;
  /** Left out when the scenario ended before its first measured attempt. */
  pace?: Pace;
  /** Attempts of the run, failed ones included. */
  attempts: number;
  errors: readonly ErrorGroup[];
  /** Errors beyond the different ones that are listed. */
  otherErrors: number;
  /** How busy the harness was meanwhile. */
  harness: HarnessLoad;
}
