import { formatValue } from "../result/format-value.js";
import { align, scenariosWithoutFigures } from "../result/table.js";
import type { Estimate } from "./bootstrap.js";
import type { ComparisonVerdict, MetricComparison } from "./judge.js";
import type { CompareResult, TargetComparison } from "./model.js";

const WORDS: Readonly<Record<ComparisonVerdict, string>> = {
  faster: "faster",
  slower: "slower",
  smaller: "smaller",
  larger: "larger",
  noDifferenceShown: "no difference shown",
  notEnoughData: "not enough data",
};

/** The comparison as text for a terminal: what differs comes first. */
export function formatCompareTable({ comparisons, targets, rules }: CompareResult): string {
  const facts = targets.map(({ name, result: { target } }) => {
    return `${name}: ${target.runtime.name} ${target.runtime.version}, handler ${target.handler || "(default)"}`;
  });
  const trouble = targets.flatMap(({ name, result }) =>
    scenariosWithoutFigures(result).map((line) => `${name}: ${line}`),
  );
  const kept = targets.flatMap(({ name, result: { thresholds } }) =>
    thresholds.map(({ state, message }) => `threshold ${state.padEnd(7)}  ${name}: ${message}`),
  );
  const explanation =
    `medians; ratio and difference within rounds with 95% intervals; p of a rank test, adjusted for all metrics; ` +
    `claims need p < ${rules.significance} and more than ${rules.noiseThreshold * 100}%`;
  return `${[...facts, ...trouble, ...comparisons.flatMap(formatOne), "", ...kept, explanation].join("\n")}\n`;
}

function formatOne({ a, b, interleaved, metrics }: TargetComparison): string[] {
  const lines = ["", `${b} against ${a}`];
  if (!interleaved)
    lines.push("measured at different times: a change of the host cannot be told from one of the runtime");
  return [...lines, "", ...align([comparisonColumns({ a, b }), ...comparisonRows({ metrics })])];
}

/** Heads of {@link comparisonRows}. */
export function comparisonColumns({ a, b }: Pick<TargetComparison, "a" | "b">): string[] {
  return ["metric", a, b, "ratio", "difference", "p", "delta", "verdict"];
}

/** A row for people per metric; what differs comes first. */
export function comparisonRows({ metrics }: Pick<TargetComparison, "metrics">): string[][] {
  return [...metrics].sort((x, y) => Number(isClaim(y)) - Number(isClaim(x))).map(rowOf);
}

const isClaim = ({ verdict }: MetricComparison): boolean =>
  verdict !== "noDifferenceShown" && verdict !== "notEnoughData";

function rowOf(comparison: MetricComparison): string[] {
  const { metric, unit, medians, ratio, difference, adjustedP, cliffsDelta, verdict, samplesNeeded } = comparison;
  const format = (value: number) => formatValue(value, unit);
  const needed = samplesNeeded === undefined ? "" : ` (about ${samplesNeeded} needed)`;
  return [
    metric,
    format(medians.a),
    format(medians.b),
    ratio ? withInterval(ratio, (value) => value.toFixed(3)) : "-",
    withInterval(difference, format),
    adjustedP < 0.0001 ? "<0.0001" : adjustedP.toFixed(4),
    cliffsDelta.toFixed(2),
    `${WORDS[verdict]}${needed}`,
  ];
}

function withInterval({ value, low, high }: Estimate, format: (value: number) => string): string {
  return `${format(value)} [${format(low)}, ${format(high)}]`;
}
