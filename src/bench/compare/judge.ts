import type { Unit } from "../core/scenario.js";
import { formatValue } from "../result/format-value.js";
import { quantile } from "../core/quantile.js";
import { sortedCopy } from "../core/statistics.js";
import { pairedShift, unpairedShift, type Estimate } from "./bootstrap.js";
import type { Random } from "./random.js";
import { holmAdjusted, kolmogorovSmirnov, mannWhitney, signedRankP, type KolmogorovSmirnov } from "./rank-tests.js";

/**
 * What a comparison of one metric comes to. They speak of the second target: `faster` and
 * `slower` for time, `smaller` and `larger` for memory.
 */
export type ComparisonVerdict = "faster" | "slower" | "smaller" | "larger" | "noDifferenceShown" | "notEnoughData";

/** When a difference is claimed. */
export interface ComparisonRules {
  /** Chance that any claim of a comparison is wrong although the targets are alike. */
  significance: number;
  /** Relative differences below it are never claimed: no host is quieter than that. */
  noiseThreshold: number;
  /** The relative difference that the data must be able to exclude before "no difference shown" is said. */
  relevantChange: number;
  /** Fewer values on a side are never enough: the rank test's approximation begins here. */
  minSamples: number;
}

export const DEFAULT_RULES: ComparisonRules = {
  significance: 0.05,
  noiseThreshold: 0.02,
  relevantChange: 0.05,
  minSamples: 10,
};

/** One metric of two targets. */
export interface ComparisonInput {
  metric: string;
  unit: Unit;
  /** Values by round; undefined where the attempt failed. */
  a: readonly (number | undefined)[];
  b: readonly (number | undefined)[];
  /** True when both were measured in the same rounds, so that equal positions belong together. */
  paired: boolean;
  /** Differences below it are the harness's own. */
  floor: number;
}

/** What was found out about one metric of two targets; values in its unit. */
export interface MetricComparison {
  metric: string;
  unit: Unit;
  /** Values on each side that were compared. */
  samples: { a: number; b: number };
  medians: { a: number; b: number };
  /** The second target by the first; left out when a value is 0. */
  ratio?: Estimate;
  /** The second target less the first. */
  difference: Estimate;
  /** The test that a claim rests on: `signedRank` of rounds, `mannWhitney` of values measured at different times. */
  test: { name: "signedRank" | "mannWhitney"; pValue: number };
  /** The test's p-value, adjusted for all metrics compared with it (Holm). */
  adjustedP: number;
  /** Whether the distributions differ in any way, spread and shape included. */
  kolmogorovSmirnov: KolmogorovSmirnov;
  /** Effect size: how much more often the second target's values exceed the first's than the other way round, -1 to 1. */
  cliffsDelta: number;
  verdict: ComparisonVerdict;
  /** Why, in a few words. */
  reason: string;
  /** Values a side that would probably be enough, for `notEnoughData`. */
  samplesNeeded?: number;
}

type Evidence = Omit<MetricComparison, "adjustedP" | "verdict" | "reason" | "samplesNeeded"> & { floor: number };

/**
 * Compares all metrics of two targets at once: the more are looked at, the stronger the evidence for each has to be. A
 * metric without a value on either side has no comparison.
 */
export function judgeAll(
  inputs: readonly ComparisonInput[],
  random: Random,
  rules: ComparisonRules = DEFAULT_RULES,
): MetricComparison[] {
  const evidence = inputs.flatMap((input) => gather(input, random) ?? []);
  const adjusted = holmAdjusted(evidence.map((each) => each.test.pValue));
  return evidence.map(({ floor, ...facts }, index) => {
    const adjustedP = adjusted[index]!;
    return { ...facts, adjustedP, ...judge({ ...facts, floor }, adjustedP, rules) };
  });
}

function gather(input: ComparisonInput, random: Random): Evidence | undefined {
  const { a, b, shift, test } = input.paired ? gatherPairs(input, random) : gatherSides(input, random);
  if (a.length === 0 || b.length === 0) return undefined;
  const { pValue, cliffsDelta } = mannWhitney(a, b);
  const { ratio, difference } = shift();
  return {
    metric: input.metric,
    unit: input.unit,
    samples: { a: a.length, b: b.length },
    medians: { a: medianOf(a), b: medianOf(b) },
    ...(ratio && { ratio }),
    difference,
    test: test ?? { name: "mannWhitney", pValue },
    kolmogorovSmirnov: kolmogorovSmirnov(a, b),
    cliffsDelta,
    floor: input.floor,
  };
}

/** Rounds in which both attempts succeeded. */
function gatherPairs(input: ComparisonInput, random: Random) {
  const pairs = input.a.flatMap((a, round): [number, number][] => {
    const b = input.b[round];
    return a === undefined || b === undefined ? [] : [[a, b]];
  });
  return {
    a: pairs.map(([a]) => a),
    b: pairs.map(([, b]) => b),
    shift: () => pairedShift(pairs, random),
    test: { name: "signedRank" as const, pValue: signedRankP(pairs.map(([a, b]) => b - a)) },
  };
}

function gatherSides(input: ComparisonInput, random: Random) {
  const a = input.a.filter((value) => value !== undefined);
  const b = input.b.filter((value) => value !== undefined);
  return { a, b, shift: () => unpairedShift(a, b, random), test: undefined };
}

const medianOf = (values: readonly number[]): number => quantile(sortedCopy(values), 0.5);

function judge(
  { unit, samples, medians, difference, floor }: Evidence,
  adjustedP: number,
  rules: ComparisonRules,
): Pick<MetricComparison, "verdict" | "reason" | "samplesNeeded"> {
  const fewest = Math.min(samples.a, samples.b);
  if (fewest < rules.minSamples) {
    const reason = `${fewest} values are too few for a test`;
    return { verdict: "notEnoughData", reason, samplesNeeded: rules.minSamples };
  }
  const { value, low, high } = difference;
  const significant = adjustedP < rules.significance && (low > 0 || high < 0);
  const claimable = Math.max(floor, rules.noiseThreshold * medians.a);
  if (significant && Math.abs(value) > claimable) {
    const verdict = CLAIMS[unit][value < 0 ? 0 : 1];
    return { verdict, reason: `by ${formatValue(Math.abs(value), unit)}, adjusted p ${formatP(adjustedP)}` };
  }
  const relevant = Math.max(floor, rules.relevantChange * medians.a);
  if (low >= -relevant && high <= relevant) {
    const reason = significant
      ? `the difference is below ${formatValue(claimable, unit)}, which is noise or the harness's own`
      : `any difference is below ${formatValue(relevant, unit)}`;
    return { verdict: "noDifferenceShown", reason };
  }
  // The interval's width shrinks with the root of the number of values.
  const samplesNeeded = Math.ceil(fewest * Math.max(1.1, ((high - low) / 2 / relevant) ** 2));
  const reason = `the interval of the difference is too wide to exclude ${formatValue(relevant, unit)}`;
  return { verdict: "notEnoughData", reason, ...(Number.isFinite(samplesNeeded) && { samplesNeeded }) };
}

/** What less and more of a unit are called. */
const CLAIMS = { ns: ["faster", "slower"], bytes: ["smaller", "larger"] } as const;

const formatP = (p: number): string => (p < 0.0001 ? "< 0.0001" : p.toPrecision(2));
