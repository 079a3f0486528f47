import { cut, harmless } from "../../report/escape.js";
import { PERCENTILE_NAMES, PERCENTILES } from "../core/quantile.js";
import type { Unit } from "../core/scenario.js";
import { measured } from "../pictures/scenario-pictures.js";
import type { BenchResult } from "../result/model.js";
import type { MeasuredMetric } from "../result/metric.js";
import type { BenchExporter } from "./exporter.js";

/** A family per unit, in the base units that OpenMetrics asks for. */
const FAMILIES: Readonly<Record<Unit, { name: string; unit: string; scale: number; help: string }>> = {
  ns: { name: "critique_duration_seconds", unit: "seconds", scale: 1e-9, help: "Durations measured through the CRI." },
  bytes: { name: "critique_memory_bytes", unit: "bytes", scale: 1, help: "Memory that pods cost." },
};

/**
 * bench.prom: the percentiles of every metric as OpenMetrics summaries (OpenMetrics 1.0), for a push gateway or the node
 * exporter's textfile collector.
 */
export const openMetricsExporter: BenchExporter = {
  fileName: "bench.prom",
  render(result: BenchResult) {
    const { target } = result;
    const common = {
      runtime: target.runtime.name,
      runtime_version: target.runtime.version,
      handler: target.handler,
    };
    const families = Object.entries(FAMILIES).flatMap(([unit, family]) => {
      const metrics = measured(result.metrics).filter((metric) => metric.unit === unit);
      if (metrics.length === 0) return [];
      const head = [
        `# TYPE ${family.name} summary`,
        `# UNIT ${family.name} ${family.unit}`,
        `# HELP ${family.name} ${family.help}`,
      ];
      return [...head, ...metrics.flatMap((metric) => summaryOf(metric, family, common))];
    });
    const errors = result.metrics.map(({ scenario, phase, errors }) => {
      return `critique_errors_total${labels({ ...common, scenario, phase })} ${errors}`;
    });
    const head = ["# TYPE critique_errors counter", "# HELP critique_errors Attempts that gave no value."];
    return `${[...families, ...head, ...errors, "# EOF"].join("\n")}\n`;
  },
};

function summaryOf(
  metric: MeasuredMetric,
  { name, scale }: { name: string; scale: number },
  common: Record<string, string>,
): string[] {
  const own = { ...common, scenario: metric.scenario, phase: metric.phase };
  const quantiles = PERCENTILE_NAMES.map((percentile) => {
    return `${name}${labels({ ...own, quantile: String(PERCENTILES[percentile]) })} ${metric[percentile] * scale}`;
  });
  const sum = metric.samples.reduce((total, value) => total + value, 0) * scale;
  return [...quantiles, `${name}_sum${labels(own)} ${sum}`, `${name}_count${labels(own)} ${metric.sampleCount}`];
}

function labels(values: Record<string, string>): string {
  const pairs = Object.entries(values).map(([key, value]) => `${key}="${escaped(value)}"`);
  return `{${pairs.join(",")}}`;
}

/** The longest value of a label: each is repeated on every line. */
const LABEL_LIMIT_CHARS = 200;

/** OpenMetrics 1.0, section "Escaping"; a runtime's text is shortened and made harmless before. */
function escaped(value: string): string {
  return harmless(cut(value, LABEL_LIMIT_CHARS))
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("\n", "\\n");
}
