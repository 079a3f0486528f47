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
    const { thresholds, warnings } = result;
    const missed = thresholds.filter(({ state }) => state !== "met");
    return htmlPage({
      title: `Benchmark of ${runtimeTitle(result)}`,
      sentence: sentenceOf(result, missed.length),
      good: result.state === "completed" && missed.length === 0,
      body: [
        section("Thresholds", htmlList(thresholds.map(({ state, message }) => `${state}: ${message}`))),
        section("Without figures", htmlList(scenariosWithoutFigures(result))),
        section("Highest rates", htmlList(rampLines(result))),
        section("Metrics", htmlTable(METRIC_COLUMNS, metricRows(result))),
        ...scenarioPictures(result).map(({ scenario, pictures }) => section(scenario, figures(pictures))),
        section("Warnings", htmlList(warnings.map(formatWarning))),
        section("How costs were measured", htmlList(methodsOf(result))),
        section("Environment", environmentTable(result)),
      ],
    });
  },
};

function sentenceOf({ state, scenarios, thresholds, metrics }: BenchResult, missed: number): string {
  const samples = Math.max(
    0,
    ...metrics.filter(({ scenario }) => scenario !== "calibration").map((m) => m.sampleCount),
  );
  const course = `${counted(scenarios.length, "scenario")}, up to ${counted(samples, "sample")} each, ${state}`;
  if (thresholds.length === 0) return `${course}.`;
  return `${course}; ${missed === 0 ? "all thresholds are met" : `${missed} of ${thresholds.length} thresholds are not met`}.`;
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

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
