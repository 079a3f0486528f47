import { csvExporter } from "./csv.js";
import type { BenchExporter } from "./exporter.js";
import { htmlExporter } from "./html.js";
import { markdownExporter } from "./markdown.js";
import { openMetricsExporter } from "./open-metrics.js";

/** Every file that is made of a finished result, besides bench.json and the histograms. */
export const BENCH_EXPORTERS: readonly BenchExporter[] = [
  csvExporter,
  openMetricsExporter,
  markdownExporter,
  htmlExporter,
];
