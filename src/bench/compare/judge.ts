import { formatDurationNs } from "../../support/duration.js";
import { medianShift, type Estimate, type SamplePair } from "./bootstrap.js";
import type { Random } from "./random.js";
import {
  holmAdjusted,
  kolmogorovSmirnov,
  mannWhitney,
  type KolmogorovSmirnov,
  type MannWhitney,
} from "./rank-tests.js";

/** What a comparison of one metric comes to. `faster` and `slower` speak of the second target. */
export type ComparisonVerdict = "faster" | "slower" | "noDifferenceShown" | "notEnoughData";

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
export interface ComparisonInput extends SamplePair {
  metric: string;
  /** Differences below it are the harness's own, in nanoseconds. */
  floorNs: number;
}

/** What was found out about one metric of two targets; values in nanoseconds. */
export interface MetricComparison {
  metric: string;
  /** Values on each side. */
  samples: { a: number; b: number };
  mediansNs: { a: number; b: number };
  /** Median of the second target by that of the first; left out when the latter is 0. */
  ratio?: Estimate;
  /** Median of the second target less that of the first. */
  differenceNs: Estimate;
  mannWhitney: MannWhitney;
  kolmogorovSmirnov: KolmogorovSmirnov;
  /** p-value of the rank test, adjusted for all metrics compared with it (Holm). */
  adjustedP: number;
  verdict: ComparisonVerdict;
  /** Why, in a few words. */
  reason: string;
  /** Values a side that would probably be enough, for `notEnoughData`. */
  samplesNeeded?: number;
}

type Evidence = Omit<MetricComparison, "adjustedP" | "verdict" | "reason" | "samplesNeeded"> & { floorNs: number };

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
  const adjusted = holmAdjusted(evidence.map((each) => each.mannWhitney.pValue));
  return evidence.map(({ floorNs, ...facts }, index) => {
    const adjustedP = adjusted[index]!;
    return { ...facts, adjustedP, ...judge({ ...facts, floorNs }, adjustedP, rules) };
  });
}

function gather(input: ComparisonInput, random: Random): Evidence | undefined {
  const a = input.a.filter((value) => value !== undefined);
  const b = input.b.filter((value) => value !== undefined);
  if (a.length === 0 || b.length === 0) return undefined;
  const { medians, ratio, difference } = medianShift(input, random);
  return {
    metric: input.metric,
    samples: { a: a.length, b: b.length },
    mediansNs: medians,
    ...(ratio && { ratio }),
    differenceNs: difference,
    mannWhitney: mannWhitney(a, b),
    kolmogorovSmirnov: kolmogorovSmirnov(a, b),
    floorNs: input.floorNs,
  };
}

function judge(
  { samples, mediansNs, differenceNs, floorNs }: Evidence,
  adjustedP: number,
  rules: ComparisonRules,
): Pick<MetricComparison, "verdict" | "reason" | "samplesNeeded"> {
  const fewest = Math.min(samples.a, samples.b);
  if (fewest < rules.minSamples) {
    const reason = `${fewest} values are too few for a test`;
    return { verdict: "notEnoughData", reason, samplesNeeded: rules.minSamples };
  }
  const { value, low, high } = differenceNs;
  const significant = adjustedP < rules.significance && (low > 0 || high < 0);
  const claimableNs = Math.max(floorNs, rules.noiseThreshold * mediansNs.a);
  if (significant && Math.abs(value) > claimableNs) {
    const verdict = value < 0 ? "faster" : "slower";
    return { verdict, reason: `by ${formatDurationNs(Math.abs(value))}, adjusted p ${formatP(adjustedP)}` };
  }
  const relevantNs = Math.max(floorNs, rules.relevantChange * mediansNs.a);
  if (low >= -relevantNs && high <= relevantNs) {
    const reason = significant
      ? `the difference is below ${formatDurationNs(claimableNs)}, which is noise or the harness's own`
      : `any difference is below ${formatDurationNs(relevantNs)}`;
    return { verdict: "noDifferenceShown", reason };
  }
  // The interval's width shrinks with the root of the number of values.
  const samplesNeeded = Math.ceil(fewest * Math.max(1.1, ((high - low) / 2 / relevantNs) ** 2));
  const reason = `the interval of the difference is too wide to exclude ${formatDurationNs(relevantNs)}`;
  return { verdict: "notEnoughData", reason, ...(Number.isFinite(samplesNeeded) && { samplesNeeded }) };
}

const formatP = (p: number): string => (p < 0.0001 ? "< 0.0001" : p.toPrecision(2));
