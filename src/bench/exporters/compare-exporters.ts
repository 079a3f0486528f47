import { escapeMarkdown } from "../../report/escape.js";
import { comparisonColumns, comparisonRows } from "../compare/compare-table.js";
import type { CompareResult } from "../compare/model.js";
import { intervalPicture } from "../pictures/interval-picture.js";
import { distribution, percentileCurve } from "../pictures/metric-pictures.js";
import type { Picture } from "../pictures/chart.js";
import { measured } from "../pictures/scenario-pictures.js";
import { runtimeTitle } from "../result/table.js";
import { environmentTable } from "./html.js";
import { figures, htmlList, htmlPage, htmlTable, section } from "./html-page.js";
import { markdownTable } from "./markdown.js";

/** Turns a comparison into the text of a file. */
export interface CompareExporter {
  fileName: string;
  render: (result: CompareResult) => string;
}

/** How comparisons are judged, below every table. */
const RULE =
  "Medians; ratio and difference within rounds with 95% intervals; p of a rank test, adjusted for all metrics; delta is Cliff's.";

const targetLines = ({ targets }: CompareResult): string[] =>
  targets.map(({ name, result }) => `${name}: ${runtimeTitle(result)}`);

const markdown: CompareExporter = {
  fileName: "summary.md",
  render(result) {
    const tables = result.comparisons.flatMap((comparison) => [
      `## ${escapeMarkdown(`${comparison.b} against ${comparison.a}`)}`,
      markdownTable(comparisonColumns(comparison), comparisonRows(comparison)),
    ]);
    const targets = targetLines(result).map((line) => `- ${escapeMarkdown(line)}`);
    return `${["# Comparison", targets.join("\n"), ...tables, RULE].join("\n\n")}\n`;
  },
};

const csv: CompareExporter = {
  fileName: "compare.csv",
  render({ comparisons }) {
    const header =
      "a,b,metric,unit,medianA,medianB,ratio,ratioLow,ratioHigh,difference,differenceLow,differenceHigh,adjustedP,cliffsDelta,verdict";
    const rows = comparisons.flatMap(({ a, b, metrics }) =>
      metrics.map(({ metric, unit, medians, ratio, difference, adjustedP, cliffsDelta, verdict }) =>
        [
          ...[a, b, metric, unit, medians.a, medians.b],
          ...[ratio?.value, ratio?.low, ratio?.high].map((value) => value ?? ""),
          ...[difference.value, difference.low, difference.high, adjustedP, cliffsDelta, verdict],
        ].join(","),
      ),
    );
    return [header, ...rows].map((row) => `${row}\r\n`).join("");
  },
};

const html: CompareExporter = {
  fileName: "report.html",
  render(result) {
    const { comparisons, targets } = result;
    const claims = comparisons.flatMap(({ metrics }) => metrics).filter(({ verdict }) => CLAIMS.includes(verdict));
    return htmlPage({
      title: `Comparison of ${targets.map(({ name }) => name).join(", ")}`,
      sentence: `${claims.length} differences are shown in ${comparisons.reduce((sum, { metrics }) => sum + metrics.length, 0)} comparisons; ${result.state}.`,
      good: result.state === "completed",
      body: [
        section("Targets", htmlList(targetLines(result))),
        ...comparisons.map((comparison) => {
          const picture = intervalPicture(comparison);
          const table = htmlTable(comparisonColumns(comparison), comparisonRows(comparison));
          return section(`${comparison.b} against ${comparison.a}`, `${table}${figures(picture ? [picture] : [])}`);
        }),
        section("Side by side", figures(sideBySide(result))),
        section("How it is judged", htmlList([RULE])),
        ...targets.map(({ name, result: own }) => section(`Environment of ${name}`, environmentTable(own))),
      ],
    });
  },
};

const CLAIMS: readonly string[] = ["faster", "slower", "smaller", "larger"];

/** The total of each scenario, all targets in one picture, and each one's distribution. */
function sideBySide({ targets }: CompareResult): Picture[] {
  const totals = targets.map(({ name, result }) => ({
    name,
    metrics: measured(result.metrics).filter(({ phase, unit }) => phase === "total" && unit === "ns"),
  }));
  const scenarios = [...new Set(totals.flatMap(({ metrics }) => metrics.map(({ scenario }) => scenario)))];
  return scenarios.flatMap((scenario) => {
    const lines = totals.flatMap(({ name, metrics }) => {
      const metric = metrics.find((each) => each.scenario === scenario);
      return metric ? [{ name, metric }] : [];
    });
    return [
      percentileCurve(`${scenario}: percentiles`, lines),
      ...lines.map(({ name, metric }) => distribution(`${scenario}: distribution on ${name}`, metric)),
    ];
  });
}

/** Every file that is made of a finished comparison, besides compare.json. */
export const COMPARE_EXPORTERS: readonly CompareExporter[] = [markdown, csv, html];
