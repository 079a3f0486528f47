import { PERCENTILE_NAMES } from "../core/quantile.js";
import type { BenchResult } from "../result/model.js";
import type { MetricResult } from "../result/metric.js";
import type { BenchExporter } from "./exporter.js";

const STATISTICS = ["min", ...PERCENTILE_NAMES, "max", "mean", "stddev", "cov", "mad"] as const;
const COUNTS = ["sampleCount", "warmupCount", "errors"] as const;

/** bench.csv: one line per metric, as RFC 4180 has it. A metric without values has empty cells, never zeroes. */
export const csvExporter: BenchExporter = {
  fileName: "bench.csv",
  render({ metrics }: BenchResult) {
    const header = ["metric", "scenario", "phase", "unit", ...COUNTS, ...STATISTICS];
    return [header, ...metrics.map(cellsOf)].map((cells) => `${cells.join(",")}\r\n`).join("");
  },
};

function cellsOf(metric: MetricResult): (string | number)[] {
  const { name, scenario, phase, unit } = metric;
  const statistics = STATISTICS.map((key) => (metric.state === "measured" ? metric[key] : ""));
  return [name, scenario, phase, unit, ...COUNTS.map((key) => metric[key]), ...statistics];
}
