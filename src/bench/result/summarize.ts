import type { Calibration } from "../core/calibration.js";
import { PERCENTILE_NAMES, PERCENTILES, quantile, quantileInterval, samplesNeeded } from "../core/quantile.js";
import type { PercentileName } from "../core/quantile.js";
import type { ScenarioRun } from "../core/scenario-execution.js";
import type { Observation, Unit } from "../core/scenario.js";
import type { CostRun } from "../cost/cost-run.js";
import type { Series } from "../core/sample-store.js";
import { classifyOutliers, sortedCopy, summarize } from "../core/statistics.js";
import type { ScenarioResult } from "./model.js";
import type { MetricResult } from "./metric.js";

/** Name of the calibration row. */
export const VERSION_METRIC = "calibration.version";

interface MetricInput {
  scenario: string;
  phase: string;
  unit?: Unit;
  run: Series;
  warmup: Series;
  errors: number;
}

/** The statistics of one metric. */
export function summarizeMetric({ scenario, phase, unit = "ns", run, warmup, errors }: MetricInput): MetricResult {
  const head = {
    name: `${scenario}.${phase}`,
    scenario,
    phase,
    unit,
    sampleCount: run.valuesNs.length,
    warmupCount: warmup.valuesNs.length,
    errors,
  };
  if (run.valuesNs.length === 0) return { ...head, state: "empty" };
  const sorted = sortedCopy(run.valuesNs);
  const { min, mean, max, stddev, mad } = summarize(sorted);
  return {
    ...head,
    state: "measured",
    min,
    mean,
    max,
    ...eachPercentile((q) => quantile(sorted, q)),
    stddev,
    cov: mean === 0 ? 0 : stddev / mean,
    mad,
    intervals: eachPercentile((q) => quantileInterval(sorted, q)),
    unsupportedPercentiles: PERCENTILE_NAMES.filter((name) => sorted.length < samplesNeeded(PERCENTILES[name])),
    outliers: classifyOutliers(sorted),
    samples: run.valuesNs,
    startOffsetsNs: run.startOffsetsNs,
    warmupSamples: warmup.valuesNs,
    warmupStartOffsetsNs: warmup.startOffsetsNs,
  };
}

/** The metrics of a scenario: its phases first and `total` last, or what was observed. */
export function summarizeMetrics(run: ScenarioRun | CostRun): MetricResult[] {
  if (run.end.state === "notApplicable") return [];
  return "store" in run ? summarizeStore(run) : run.observations.map((observed) => summarizeObservation(run, observed));
}

function summarizeObservation({ scenario }: CostRun, { metric, unit, values }: Observation): MetricResult {
  const none = { valuesNs: [], startOffsetsNs: [] };
  const run = { valuesNs: values, startOffsetsNs: [] };
  return summarizeMetric({ scenario: scenario.name, phase: metric, unit, run, warmup: none, errors: 0 });
}

function summarizeStore({ scenario, store }: ScenarioRun): MetricResult[] {
  return store.metrics.map((phase) =>
    summarizeMetric({
      scenario: scenario.name,
      phase,
      run: store.series("run", phase),
      warmup: store.series("warmup", phase),
      errors: store.errors(phase),
    }),
  );
}

/** The calibration row. Its warm-up is counted, not kept. */
export function summarizeCalibration({ version, warmupCount }: Calibration): MetricResult {
  const [scenario, phase] = VERSION_METRIC.split(".") as [string, string];
  const warmup = { valuesNs: [], startOffsetsNs: [] };
  return { ...summarizeMetric({ scenario, phase, run: version, warmup, errors: 0 }), warmupCount };
}

export function summarizeScenario(run: ScenarioRun | CostRun): ScenarioResult {
  return "store" in run ? summarizeTimed(run) : summarizeCost(run);
}

function summarizeCost({ scenario, end, observations, harness }: CostRun): ScenarioResult {
  return {
    name: scenario.name,
    title: scenario.title,
    method: scenario.method,
    phases: observations.map(({ metric }) => metric),
    end,
    warmup: { end: "none", iterations: 0 },
    shape: { kind: "sequential" },
    attempts: 1,
    errors: [],
    otherErrors: 0,
    harness,
  };
}

function summarizeTimed(run: ScenarioRun): ScenarioResult {
  const { scenario, end, warmup, shape, pace, store, harness } = run;
  return {
    name: scenario.name,
    title: scenario.title,
    phases: scenario.phases,
    end,
    warmup,
    shape,
    ...(pace && { pace }),
    attempts: store.attempts("run"),
    errors: store.errorGroups,
    otherErrors: store.otherErrors,
    harness,
  };
}

function eachPercentile<T>(compute: (q: number) => T): Record<PercentileName, T> {
  return Object.fromEntries(PERCENTILE_NAMES.map((name) => [name, compute(PERCENTILES[name])])) as Record<
    PercentileName,
    T
  >;
}
