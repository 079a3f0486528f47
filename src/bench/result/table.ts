import { formatDurationNs } from "../../support/duration.js";
import { formatWarning } from "../core/warnings.js";
import { PERCENTILE_NAMES, type PercentileName } from "../core/quantile.js";
import { formatLoadShape } from "../core/load-shape.js";
import { formatValue } from "./format-value.js";
import type { BenchResult, ScenarioResult } from "./model.js";
import type { MetricResult } from "./metric.js";

const STATISTIC_COLUMNS = ["samples", "errors", "min", ...PERCENTILE_NAMES, "max", "mean", "stddev", "cov"];

/** Heads of {@link metricRows}. */
export const METRIC_COLUMNS: readonly string[] = ["metric", ...STATISTIC_COLUMNS];

/** A row of figures for people per metric. Percentiles marked with `~` are the largest value. */
export function metricRows({ metrics }: BenchResult): string[][] {
  return metrics.map(rowOf);
}

/** The runtime and the handler that was measured. */
export function runtimeTitle({ target: { runtime, handler } }: BenchResult): string {
  return `${runtime.name} ${runtime.version}, handler ${handler === "" ? "(default)" : handler}`;
}

/**
 * The result as text for a terminal: one aligned table, then what to know about it. Percentiles marked with `~` rest on
 * so few samples that they are the largest value.
 */
export function formatBenchTable(result: BenchResult): string {
  const rows = [[...METRIC_COLUMNS], ...metricRows(result)];
  const lines = [headline(result), "", ...align(rows)];
  for (const line of scenariosWithoutFigures(result)) lines.push("", line);
  for (const line of rampLines(result)) lines.push("", line);
  if (result.warnings.length > 0)
    lines.push("", ...result.warnings.map((warning) => `warning  ${formatWarning(warning)}`));
  if (result.thresholds.length > 0) {
    lines.push("", ...result.thresholds.map(({ state, message }) => `threshold ${state.padEnd(7)}  ${message}`));
  }
  return `${lines.join("\n")}\n`;
}

/** What each search for a rate came to, one line each. */
export function rampLines({ ramps = [] }: BenchResult): string[] {
  return ramps.map(({ scenario, objective, highestRatePerS, open, steps }) => {
    const tried = `${steps.length} rates tried`;
    if (highestRatePerS === undefined) return `${scenario}: no rate met ${objective}, ${tried}`;
    const more = open ? " or more: the highest rate tried was met" : "";
    return `${scenario}: ${highestRatePerS} starts per second meet ${objective}${more}, ${tried}`;
  });
}

/** The scenarios that did not end well, one line each. */
export function scenariosWithoutFigures({ scenarios }: BenchResult): string[] {
  return scenarios.flatMap(({ name, end }) => {
    if (end.state === "failed") return [`${name} failed: ${end.reason}`];
    return end.state === "notApplicable" ? [`${name} is not applicable: ${end.reason}`] : [];
  });
}

function headline(result: BenchResult): string {
  const { environment, scenarios } = result;
  return [
    runtimeTitle(result),
    `${environment.cpus} x ${environment.cpuModel}, kernel ${environment.kernel}, cgroup ${environment.cgroupVersion}`,
    ...scenarios.map(courseOf),
  ].join("\n");
}

/** How a scenario went, on one line. */
function courseOf({ name, shape, warmup, pace, attempts }: ScenarioResult): string {
  const parts = [`${name}: ${formatLoadShape(shape)}`, `${warmup.iterations} warm-ups (${warmup.end})`];
  if (pace) {
    parts.push(`${attempts} attempts in ${formatDurationNs(pace.durationNs)} (${pace.successesPerS.toPrecision(3)}/s)`);
    if (pace.lateStarts !== undefined) parts.push(`${pace.lateStarts} late, ${pace.droppedStarts} dropped starts`);
  }
  return parts.join(", ");
}

function rowOf(metric: MetricResult): string[] {
  const counts = [metric.name, String(metric.sampleCount), String(metric.errors)];
  if (metric.state === "empty") return [...counts, ...STATISTIC_COLUMNS.slice(2).map(() => "-")];
  const format = (value: number) => formatValue(value, metric.unit);
  const percentile = (name: PercentileName) =>
    `${metric.unsupportedPercentiles.includes(name) ? "~" : ""}${format(metric[name])}`;
  return [
    ...counts,
    format(metric.min),
    ...PERCENTILE_NAMES.map(percentile),
    ...[metric.max, metric.mean, metric.stddev].map(format),
    `${(metric.cov * 100).toFixed(1)}%`,
  ];
}

/** The first column to the left, the others to the right. */
export function align(rows: string[][]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join("  "),
  );
}
