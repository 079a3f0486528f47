import { escapeHtml } from "../../report/escape.js";
import { counted } from "../../support/counted.js";
import { runtimeTitle, rampLines, scenariosWithoutFigures, metricRows, METRIC_COLUMNS } from "../result/table.js";
import { formatWarning } from "../core/warnings.js";
import { scenarioPictures } from "../pictures/scenario-pictures.js";
import type { HandlerFacts } from "../core/handler-facts.js";
import type { BenchResult } from "../result/model.js";
import type { BenchExporter } from "./exporter.js";
import { factTable, figures, htmlList, htmlPage, htmlTable, section } from "./html-page.js";

/** report.html of a benchmark: one file without script, with a table and pictures of every scenario. */
export const htmlExporter: BenchExporter = {
  fileName: "report.html",
  render(result: BenchResult) {
    const missed = missedThresholds(result);
    return htmlPage({
      title: titleOf(result),
      sentence: sentenceOf(result, missed),
      good: result.state === "completed" && missed === 0,
      body: partsOf(result).map(({ title, content }) => section(title, content)),
    });
  },
};

/** The same without a page around it, for the report of a run. Headings begin with the third level. */
export function benchmarkMarkup(result: BenchResult): string {
  const parts = partsOf(result)
    .filter(({ content }) => content !== "")
    .map(({ title, content }) => `<section>\n<h4>${escapeHtml(title)}</h4>\n${content}\n</section>`);
  const sentence = escapeHtml(sentenceOf(result, missedThresholds(result)));
  return [`<h3>${escapeHtml(titleOf(result))}</h3>`, `<p>${sentence}</p>`, ...parts].join("\n");
}

/** What there is to show, in the order in which it is read; a part may be empty. */
function partsOf(result: BenchResult): { title: string; content: string }[] {
  const { thresholds, warnings } = result;
  const lines = thresholds.map(({ state, message }) => `${state}: ${message}`);
  return [
    { title: "Thresholds", content: htmlList(lines) },
    { title: "Without figures", content: htmlList(scenariosWithoutFigures(result)) },
    { title: "Highest rates", content: htmlList(rampLines(result)) },
    { title: "Metrics", content: htmlTable(METRIC_COLUMNS, metricRows(result)) },
    ...scenarioPictures(result).map(({ scenario, pictures }) => ({ title: scenario, content: figures(pictures) })),
    { title: "Warnings", content: htmlList(warnings.map(formatWarning)) },
    { title: "How costs were measured", content: htmlList(methodsOf(result)) },
    { title: "Environment", content: environmentTable(result) },
  ];
}

const titleOf = (result: BenchResult): string => `Benchmark of ${runtimeTitle(result)}`;

const missedThresholds = ({ thresholds }: BenchResult): number =>
  thresholds.filter(({ state }) => state !== "met").length;

function sentenceOf({ state, scenarios, thresholds, metrics }: BenchResult, missed: number): string {
  const samples = Math.max(
    0,
    ...metrics.filter(({ scenario }) => scenario !== "calibration").map((m) => m.sampleCount),
  );
  const course = `${counted(scenarios.length, "scenario")}, up to ${counted(samples, "sample")} each, ${state}`;
  if (thresholds.length === 0) return `${course}.`;
  return `${course}; ${missed === 0 ? "all thresholds are met" : `${missed} of ${thresholds.length} thresholds are not met`}.`;
}

const methodsOf = ({ scenarios }: BenchResult): string[] =>
  scenarios.flatMap(({ name, method }) => (method === undefined ? [] : [`${name}: ${method}`]));

/** What the figures depend on, for whoever wants to repeat them. */
export function environmentTable({
  target,
  environment,
  startedAt,
  durationMs,
  suiteVersion,
  runId,
}: BenchResult): string {
  return factTable({
    endpoint: target.endpoint,
    runtime: `${target.runtime.name} ${target.runtime.version}, CRI ${target.runtime.apiVersion}`,
    handler: target.handler === "" ? "(default)" : target.handler,
    ...handlerFacts(target.runtime.handler),
    image: target.image,
    started: startedAt,
    duration: `${Math.round(durationMs / 1000)} s`,
    critique: `${suiteVersion}, run ${runId}`,
    ...Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, String(value)])),
  });
}

function handlerFacts({ version, runtimeType, options, snapshotter }: HandlerFacts): Record<string, string> {
  return {
    ...(version !== undefined && { "handler version": version }),
    ...(runtimeType !== undefined && { "runtime type": runtimeType }),
    ...(options && { "handler options": JSON.stringify(options) }),
    ...(snapshotter !== undefined && { snapshotter }),
  };
}
