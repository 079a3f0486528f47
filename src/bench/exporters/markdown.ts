import { escapeMarkdown } from "../../report/escape.js";
import { formatWarning } from "../core/warnings.js";
import type { BenchResult } from "../result/model.js";
import { metricRows, METRIC_COLUMNS, rampLines, scenariosWithoutFigures } from "../result/table.js";
import type { BenchExporter } from "./exporter.js";

/** summary.md: thresholds first, then the table, for a step summary or a pull request. */
export const markdownExporter: BenchExporter = {
  fileName: "summary.md",
  render: renderMarkdown,
};

function renderMarkdown(result: BenchResult): string {
  const { target, environment, thresholds, warnings } = result;
  const { runtime, handler } = target;
  const title = `${runtime.name} ${runtime.version}${handler === "" ? "" : `, handler ${handler}`}`;
  const missed = thresholds.filter(({ state }) => state !== "met");
  const lines = [
    `# Benchmark of ${escapeMarkdown(title)}`,
    `${environment.cpus} x ${escapeMarkdown(environment.cpuModel)}, kernel ${escapeMarkdown(environment.kernel)}, cgroup ${environment.cgroupVersion}, load at the start ${environment.loadAtStart[0].toFixed(2)}. State: ${result.state}.`,
    ...(missed.length > 0 ? ["## Thresholds not met", list(missed.map(({ message }) => message))] : []),
    ...section("## Without figures", scenariosWithoutFigures(result)),
    ...section("## Highest rates", rampLines(result)),
    "## Metrics",
    markdownTable(METRIC_COLUMNS, metricRows(result)),
    ...section(
      "## Thresholds met",
      thresholds.filter(({ state }) => state === "met").map(({ message }) => message),
    ),
    ...section("## Warnings", warnings.map(formatWarning)),
  ];
  return `${lines.join("\n\n")}\n`;
}

const section = (title: string, items: readonly string[]): string[] => (items.length > 0 ? [title, list(items)] : []);

const list = (items: readonly string[]): string => items.map((item) => `- ${escapeMarkdown(item)}`).join("\n");

/** A table with the first column to the left and the others to the right. */
export function markdownTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const alignments = columns.map((_, column) => (column === 0 ? "---" : "---:"));
  return [columns, alignments, ...rows.map((row) => row.map((cell) => escapeMarkdown(cell).replaceAll("|", "\\|")))]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}
