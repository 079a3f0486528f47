import { parseDurationNs } from "../../support/duration.js";
import { quantile, quantileInterval, samplesNeeded, type QuantileInterval } from "../core/quantile.js";
import type { Unit } from "../core/scenario.js";
import { sortedCopy } from "../core/statistics.js";
import { formatValue } from "./format-value.js";
import type { MeasuredMetric, MetricResult } from "./metric.js";

export type Comparison = "<" | "<=" | ">" | ">=" | "==";

/** What of a metric is bounded. */
export type Statistic =
  | { kind: "percentile"; name: string; q: number }
  | { kind: "value"; name: "min" | "mean" | "max" | "stddev" }
  | { kind: "count"; name: "errors" | "sampleCount" };

export type Bound =
  | { kind: "value"; value: number; unit: Unit }
  | { kind: "count"; value: number }
  /** The same statistic of a baseline, times `factor`. */
  | { kind: "baseline"; factor: number };

/** A condition on a result, such as `pod-startup.total.p99 < 2s`. */
export interface Threshold {
  expression: string;
  /** Name of the metric: `SCENARIO.PHASE`. */
  metric: string;
  statistic: Statistic;
  comparison: Comparison;
  bound: Bound;
}

/** Whether a threshold was met, and by what. */
export interface ThresholdResult {
  expression: string;
  metric: string;
  /** `missed`: the bound was not kept. `unknown`: there is no value to compare, which is not "met" either. */
  state: "met" | "missed" | "unknown";
  /** The value seen, in the metric's unit or as a count. */
  seen?: number;
  /** The bound as a number in the same unit. */
  bound?: number;
  /** 95 % confidence interval of a percentile. */
  interval?: QuantileInterval;
  /** Metric, bound, what was seen and how sure it is, in one sentence. */
  message: string;
}

/** A threshold that cannot be understood: value, rule and example in one sentence. */
export class ThresholdError extends Error {
  override name = "ThresholdError";
}

const EXPRESSION = /^\s*(\S+?)\s*(<=|>=|==|<|>)\s*(\S(?:.*\S)?)\s*$/;
const SUBJECT =
  /^([a-z0-9][a-z0-9@-]*)(?:\.([A-Za-z][A-Za-z0-9]*))??\.(p\d{1,2}(?:\.\d+)?|min|mean|max|stddev|errors|samples)$/;
const BASELINE = /^baseline(?:\s*([+-])\s*(\d+(?:\.\d+)?)\s*%)?$/;
const SIZE = /^(\d+(?:\.\d+)?)(?:([KMGT])i)?B$/;
const EXAMPLE = "for example pod-startup.total.p99 < 2s";

/**
 * Reads `SCENARIO[.PHASE].STATISTIC COMPARISON BOUND`. The phase is `total` when left out; statistics are percentiles (p50,
 * p99.9), min, mean, max, stddev, errors and samples; bounds are durations, sizes such as 30MiB, for errors and samples whole
 * numbers, or `baseline`, `baseline + 10%`.
 *
 * @throws ThresholdError with the rule that is broken.
 */
export function parseThreshold(expression: string): Threshold {
  const parts = EXPRESSION.exec(expression);
  if (!parts) {
    throw new ThresholdError(`Threshold "${expression}": write METRIC COMPARISON BOUND, ${EXAMPLE}.`);
  }
  const [, subject, comparison, bound] = parts as unknown as [string, string, Comparison, string];
  const names = SUBJECT.exec(subject);
  if (!names) {
    throw new ThresholdError(
      `Threshold "${expression}": "${subject}" is not SCENARIO.PHASE.STATISTIC with one of p50 to p99.9, min, mean, max, ` +
        `stddev, errors and samples, ${EXAMPLE}.`,
    );
  }
  const [, scenario, phase = "total", name] = names as unknown as [string, string, string | undefined, string];
  const statistic = parseStatistic(name);
  const metric = `${scenario}.${phase}`;
  return {
    expression: expression.trim(),
    metric,
    statistic,
    comparison,
    bound: parseBound(expression, statistic, bound),
  };
}

function parseStatistic(name: string): Statistic {
  if (name === "errors") return { kind: "count", name };
  if (name === "samples") return { kind: "count", name: "sampleCount" };
  if (/^p\d/.test(name)) return { kind: "percentile", name, q: Number(name.slice(1)) / 100 };
  return { kind: "value", name: name as "min" | "mean" | "max" | "stddev" };
}

function parseBound(expression: string, statistic: Statistic, text: string): Bound {
  const baseline = BASELINE.exec(text);
  if (baseline) {
    const share = Number(baseline[2] ?? 0) / 100;
    return { kind: "baseline", factor: baseline[1] === "-" ? 1 - share : 1 + share };
  }
  if (statistic.kind === "count") {
    if (/^\d+$/.test(text)) return { kind: "count", value: Number(text) };
    throw new ThresholdError(
      `Threshold "${expression}": "${text}" is not a whole number, which ${statistic.name} needs.`,
    );
  }
  const size = SIZE.exec(text);
  if (size) {
    const value = Number(size[1]) * 1024 ** " KMGT".indexOf(size[2] ?? " ");
    return { kind: "value", value: Math.round(value), unit: "bytes" };
  }
  try {
    return { kind: "value", value: parseDurationNs(text), unit: "ns" };
  } catch {
    throw new ThresholdError(
      `Threshold "${expression}": "${text}" is no duration such as 300ms, size such as 30MiB, or baseline such as ` +
        `baseline + 10%.`,
    );
  }
}

/** Compares a threshold with the metrics of a run, and with those of a baseline where its bound is relative. */
export function evaluateThreshold(
  threshold: Threshold,
  metrics: readonly MetricResult[],
  baseline: readonly MetricResult[] = [],
): ThresholdResult {
  const { expression, metric: name, statistic, comparison } = threshold;
  const unknown = (why: string): ThresholdResult => ({
    expression,
    metric: name,
    state: "unknown",
    message: `${name}.${statistic.name}: ${why}`,
  });
  const metric = metrics.find((candidate) => candidate.name === name);
  if (!metric) return unknown(`not measured in this run, which has ${metrics.map((other) => other.name).join(", ")}`);
  const { bound: wanted } = threshold;
  if (wanted.kind === "value" && wanted.unit !== metric.unit) {
    return unknown(`it is measured in ${metric.unit}, the bound is in ${wanted.unit}`);
  }
  const seen = valueOf(metric, statistic);
  if (seen === undefined) return unknown(`no value: all ${metric.errors} attempts failed`);
  const bound = boundOf(threshold, baseline);
  if (bound === undefined) return unknown("the baseline has no value for it");
  const interval = metric.state === "measured" ? intervalOf(metric, statistic) : undefined;
  const state = compare(seen, comparison, bound) ? "met" : "missed";
  const format = (value: number) => (statistic.kind === "count" ? String(value) : formatValue(value, metric.unit));
  return {
    expression,
    metric: name,
    state,
    seen,
    bound,
    ...(interval && { interval }),
    message:
      `${name}.${statistic.name} ${state === "met" ? "is" : "is not"} ${comparison} ${format(bound)}: ` +
      `seen ${format(seen)}${trust(metric, statistic, interval)}`,
  };
}

function boundOf({ bound, metric, statistic }: Threshold, baseline: readonly MetricResult[]): number | undefined {
  if (bound.kind !== "baseline") return bound.value;
  const base = baseline.find((candidate) => candidate.name === metric);
  const value = base && valueOf(base, statistic);
  return value === undefined ? undefined : value * bound.factor;
}

function valueOf(metric: MetricResult, statistic: Statistic): number | undefined {
  if (statistic.kind === "count") return metric[statistic.name];
  if (metric.state === "empty") return undefined;
  return statistic.kind === "value" ? metric[statistic.name] : quantile(sortedCopy(metric.samples), statistic.q);
}

function intervalOf(metric: MeasuredMetric, statistic: Statistic): QuantileInterval | undefined {
  if (statistic.kind !== "percentile" || statistic.q <= 0) return undefined;
  return quantileInterval(sortedCopy(metric.samples), statistic.q);
}

function compare(seen: number, comparison: Comparison, bound: number): boolean {
  switch (comparison) {
    case "<":
      return seen < bound;
    case "<=":
      return seen <= bound;
    case ">":
      return seen > bound;
    case ">=":
      return seen >= bound;
    case "==":
      return seen === bound;
  }
}

function trust(metric: MetricResult, statistic: Statistic, interval: QuantileInterval | undefined): string {
  if (statistic.kind === "count") return "";
  const endOf = (value: number | undefined) => (value === undefined ? "unknown" : formatValue(value, metric.unit));
  const range = interval ? `, 95% interval ${endOf(interval.low)} to ${endOf(interval.high)}` : "";
  const needed = statistic.kind === "percentile" ? samplesNeeded(statistic.q) : 0;
  const few = metric.sampleCount < needed ? ` (the largest value: ${statistic.name} needs ${needed} samples)` : "";
  return ` in ${metric.sampleCount} samples${range}${few}`;
}
