import type { PercentileName, QuantileInterval } from "../core/quantile.js";
import type { Unit } from "../core/scenario.js";
import type { OutlierCounts } from "../core/statistics.js";

interface MetricHead {
  /** `SCENARIO.PHASE`, for instance `pod-startup.total`. */
  name: string;
  scenario: string;
  phase: string;
  unit: Unit;
  sampleCount: number;
  warmupCount: number;
  /** Attempts that gave no value. */
  errors: number;
}

/** A metric without a single value: nothing can be said about it. */
export interface EmptyMetric extends MetricHead {
  state: "empty";
}

/** A metric with values. All of them in `unit`, start offsets in nanoseconds. */
export interface MeasuredMetric extends MetricHead, Record<PercentileName, number> {
  state: "measured";
  min: number;
  mean: number;
  max: number;
  stddev: number;
  /** Coefficient of variation: standard deviation by mean. */
  cov: number;
  mad: number;
  /** 95 % confidence intervals of the percentiles, free of assumptions about the distribution. */
  intervals: Record<PercentileName, QuantileInterval>;
  /** Percentiles that so few samples cannot tell from the largest value. */
  unsupportedPercentiles: PercentileName[];
  /** Values beyond Tukey's fences; they are part of everything above. */
  outliers: OutlierCounts;
  /** The raw values in the order in which they were measured. */
  samples: readonly number[];
  /** When each sample's measurement began, in nanoseconds since the scenario's first iteration. */
  startOffsetsNs: readonly number[];
  /** Values of the warm-up; no statistic contains them. */
  warmupSamples: readonly number[];
  warmupStartOffsetsNs: readonly number[];
}

export type MetricResult = MeasuredMetric | EmptyMetric;
