/** Quantiles of a sample, and how far a sample of this size can be trusted about them. */

/** The percentiles of every report, by the names that reports and thresholds use. */
export const PERCENTILES = { p50: 0.5, p90: 0.9, p99: 0.99, "p99.9": 0.999 } as const;

export type PercentileName = keyof typeof PERCENTILES;

export const PERCENTILE_NAMES = Object.keys(PERCENTILES) as PercentileName[];

/**
 * The nearest-rank quantile: the smallest value that at least the share `q` of the values does not exceed. It is always a
 * value that was measured, and HdrHistogram uses the same definition.
 *
 * @param sorted the values in ascending order; not empty.
 * @param q the share, from 0 to 1.
 */
export function quantile(sorted: readonly number[], q: number): number {
  if (sorted.length === 0) throw new RangeError("a quantile needs at least one value");
  // Shares such as 0.07 times 100 come out a hair above a whole number in binary floating point.
  const rank = Math.ceil(q * sorted.length - 1e-9);
  return sorted[Math.max(rank, 1) - 1]!;
}

/** The quantile by linear interpolation between neighbours (type 7 of Hyndman and Fan, 1996), as quartiles are usually taken. */
export function interpolatedQuantile(sorted: readonly number[], q: number): number {
  if (sorted.length === 0) throw new RangeError("a quantile needs at least one value");
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (position - below);
}

/**
 * Values needed before the nearest-rank quantile is anything else than the largest value: one is expected beyond it.
 */
export function samplesNeeded(q: number): number {
  return Math.ceil(1 / (1 - q) - 1e-9);
}

/** Two values between which the true quantile lies; an end is undefined when the sample is too small to bound that side. */
export interface QuantileInterval {
  low: number | undefined;
  high: number | undefined;
}

/**
 * The distribution-free confidence interval of a quantile from order statistics: how many of n independent values fall
 * below the true quantile is binomial (David and Nagaraja, Order Statistics, 2003, section 7.1). Nothing is assumed about
 * the shape of the distribution.
 *
 * @param sorted the values in ascending order.
 * @param q the share, strictly between 0 and 1.
 * @param confidence how often such an interval holds the truth, for instance 0.95; each side may miss it by half the rest.
 */
export function quantileInterval(sorted: readonly number[], q: number, confidence = 0.95): QuantileInterval {
  const n = sorted.length;
  const tail = (1 - confidence) / 2;
  const logOdds = Math.log(q) - Math.log1p(-q);
  let logProbability = n * Math.log1p(-q);
  let cumulated = 0;
  let low: number | undefined;
  for (let below = 0; below < n; below++) {
    cumulated += Math.exp(logProbability);
    // The (below + 1)-th value exceeds the quantile with probability P(at most `below` values lie under it).
    if (cumulated <= tail) low = sorted[below];
    if (cumulated >= 1 - tail) return { low, high: sorted[below] };
    logProbability += Math.log(n - below) - Math.log(below + 1) + logOdds;
  }
  return { low, high: undefined };
}
