import { formatDurationNs } from "../../support/duration.js";
import { align } from "../result/table.js";
import type { Estimate } from "./bootstrap.js";
import type { ComparisonVerdict, MetricComparison } from "./judge.js";
import type { CompareResult, TargetComparison } from "./model.js";

const WORDS: Readonly<Record<ComparisonVerdict, string>> = {
  faster: "faster",
  slower: "slower",
  noDifferenceShown: "no difference shown",
  notEnoughData: "not enough data",
};

/** The comparison as text for a terminal: what differs comes first. */
export function formatCompareTable({ comparisons, targets, rules }: CompareResult): string {
  const facts = targets.map(({ name, result: { target } }) => {
    return `${name}: ${target.runtime.name} ${target.runtime.version}, handler ${target.handler || "(default)"}`;
  });
  const explanation =
    `ratio and difference of medians with 95% intervals; p of a rank test, adjusted for all metrics; ` +
    `claims need p < ${rules.significance} and more than ${rules.noiseThreshold * 100}%`;
  return `${[...facts, ...comparisons.flatMap(formatOne), "", explanation].join("\n")}\n`;
}

function formatOne({ a, b, interleaved, metrics }: TargetComparison): string[] {
  const header = ["metric", a, b, "ratio", "difference", "p", "delta", "verdict"];
  const ordered = [...metrics].sort((x, y) => Number(isClaim(y)) - Number(isClaim(x)));
  const lines = ["", `${b} against ${a}`];
  if (!interleaved)
    lines.push("measured at different times: a change of the host cannot be told from one of the runtime");
  return [...lines, "", ...align([header, ...ordered.map(rowOf)])];
}

const isClaim = ({ verdict }: MetricComparison): boolean => verdict === "faster" || verdict === "slower";

function rowOf(comparison: MetricComparison): string[] {
  const { metric, mediansNs, ratio, differenceNs, adjustedP, mannWhitney, verdict, samplesNeeded } = comparison;
  const needed = samplesNeeded === undefined ? "" : ` (about ${samplesNeeded} needed)`;
  return [
    metric,
    formatDurationNs(mediansNs.a),
    formatDurationNs(mediansNs.b),
    ratio ? withInterval(ratio, (value) => value.toFixed(3)) : "-",
    withInterval(differenceNs, formatDurationNs),
    adjustedP < 0.0001 ? "<0.0001" : adjustedP.toFixed(4),
    mannWhitney.cliffsDelta.toFixed(2),
    `${WORDS[verdict]}${needed}`,
  ];
}

function withInterval({ value, low, high }: Estimate, format: (value: number) => string): string {
  return `${format(value)} [${format(low)}, ${format(high)}]`;
}
