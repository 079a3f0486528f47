import { sortedCopy } from "../core/statistics.js";
import { twoSidedNormalP } from "./normal.js";

export interface MannWhitney {
  /** Probability of ranks at least this uneven if both samples came from one distribution. */
  pValue: number;
  /**
   * Cliff's delta: how much more often a value of `b` exceeds one of `a` than the other way round, from -1 to 1. An effect
   * size: it does not grow with the number of samples.
   */
  cliffsDelta: number;
}

/**
 * The Mann-Whitney U test, with the normal approximation, corrected for ties and continuity (Conover, Practical
 * Nonparametric Statistics, 1999, section 5.1). Good from about eight values a side.
 */
export function mannWhitney(a: readonly number[], b: readonly number[]): MannWhitney {
  const n = a.length;
  const m = b.length;
  if (n === 0 || m === 0) throw new RangeError("a rank test needs values on both sides");
  const all = [...a.map((value) => ({ value, ofB: false })), ...b.map((value) => ({ value, ofB: true }))];
  all.sort((x, y) => x.value - y.value);
  let rankSumOfB = 0;
  let ties = 0;
  for (let first = 0; first < all.length;) {
    let next = first;
    while (next < all.length && all[next]!.value === all[first]!.value) next++;
    const count = next - first;
    // Equal values share the mean of their ranks, which count from 1.
    const rank = (first + 1 + next) / 2;
    for (let index = first; index < next; index++) if (all[index]!.ofB) rankSumOfB += rank;
    ties += count ** 3 - count;
    first = next;
  }
  const u = rankSumOfB - (m * (m + 1)) / 2;
  const total = n + m;
  const variance = ((n * m) / 12) * (total + 1 - ties / (total * (total - 1)));
  const distance = Math.max(0, Math.abs(u - (n * m) / 2) - 0.5);
  return {
    pValue: variance > 0 ? twoSidedNormalP(distance / Math.sqrt(variance)) : 1,
    cliffsDelta: (2 * u) / (n * m) - 1,
  };
}

/**
 * Wilcoxon's signed-rank test of the differences between pairs, with the normal approximation, corrected for ties and
 * continuity; differences of 0 are left out (Conover, section 5.7). It assumes that the differences lie symmetrically when
 * there is nothing to find: the random order within each round sees to that.
 *
 * @returns the probability of signed ranks at least this uneven if there were no difference.
 */
export function signedRankP(differences: readonly number[]): number {
  const ordered = differences.filter((value) => value !== 0).sort((x, y) => Math.abs(x) - Math.abs(y));
  let positive = 0;
  let squares = 0;
  let total = 0;
  for (let first = 0; first < ordered.length;) {
    let next = first;
    while (next < ordered.length && Math.abs(ordered[next]!) === Math.abs(ordered[first]!)) next++;
    const rank = (first + 1 + next) / 2;
    for (let index = first; index < next; index++) if (ordered[index]! > 0) positive += rank;
    squares += (next - first) * rank ** 2;
    total += (next - first) * rank;
    first = next;
  }
  const distance = Math.max(0, Math.abs(positive - total / 2) - 0.5);
  return squares > 0 ? twoSidedNormalP(distance / Math.sqrt(squares / 4)) : 1;
}

export interface KolmogorovSmirnov {
  /** Largest distance between the two empirical distribution functions, 0 to 1. */
  distance: number;
  pValue: number;
}

/**
 * The two-sample Kolmogorov-Smirnov test, which also sees a difference in spread or shape; p-value by the asymptotic
 * series with Stephens' correction for small samples (Press et al., Numerical Recipes, section 14.3).
 */
export function kolmogorovSmirnov(a: readonly number[], b: readonly number[]): KolmogorovSmirnov {
  if (a.length === 0 || b.length === 0) throw new RangeError("a distribution test needs values on both sides");
  const sortedA = sortedCopy(a);
  const sortedB = sortedCopy(b);
  let distance = 0;
  let ofA = 0;
  let ofB = 0;
  while (ofA < sortedA.length && ofB < sortedB.length) {
    const value = Math.min(sortedA[ofA]!, sortedB[ofB]!);
    while (sortedA[ofA] === value) ofA++;
    while (sortedB[ofB] === value) ofB++;
    distance = Math.max(distance, Math.abs(ofA / sortedA.length - ofB / sortedB.length));
  }
  const size = Math.sqrt((a.length * b.length) / (a.length + b.length));
  const lambda = (size + 0.12 + 0.11 / size) * distance;
  return { distance, pValue: kolmogorovTail(lambda) };
}

function kolmogorovTail(lambda: number): number {
  // The alternating series converges slowly there, and the probability is 1 to ten digits.
  if (lambda < 0.2) return 1;
  let sum = 0;
  for (let k = 1; k <= 100; k++) sum += (k % 2 ? 1 : -1) * Math.exp(-2 * (k * lambda) ** 2);
  return Math.min(1, Math.max(0, 2 * sum));
}

/**
 * Adjusts p-values for having looked at many metrics (Holm, 1979): below 0.05 afterwards, the chance that any of the claims
 * is wrong stays below 0.05. The order is kept.
 */
export function holmAdjusted(pValues: readonly number[]): number[] {
  const order = pValues.map((pValue, index) => ({ pValue, index })).sort((x, y) => x.pValue - y.pValue);
  const adjusted: number[] = [];
  let largest = 0;
  order.forEach(({ pValue, index }, position) => {
    largest = Math.max(largest, Math.min(1, pValue * (order.length - position)));
    adjusted[index] = largest;
  });
  return adjusted;
}
