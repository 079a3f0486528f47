import { interpolatedQuantile } from "./quantile.js";

/** Location and spread of a sample; every value in the unit of the sample. */
export interface Summary {
  count: number;
  min: number;
  mean: number;
  max: number;
  /** Standard deviation of the sample, with n - 1; 0 for a single value. */
  stddev: number;
  /** Median absolute deviation from the median, unscaled. */
  mad: number;
}

/** Sorts a copy in ascending order. */
export function sortedCopy(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b);
}

/**
 * Summarises values already in ascending order.
 *
 * @throws RangeError when there is no value.
 */
export function summarize(sorted: readonly number[]): Summary {
  if (sorted.length === 0) throw new RangeError("a summary needs at least one value");
  const mean = meanOf(sorted);
  const squares = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const median = interpolatedQuantile(sorted, 0.5);
  const deviations = sortedCopy(sorted.map((value) => Math.abs(value - median)));
  return {
    count: sorted.length,
    min: sorted[0]!,
    mean,
    max: sorted[sorted.length - 1]!,
    stddev: sorted.length > 1 ? Math.sqrt(squares / (sorted.length - 1)) : 0,
    mad: interpolatedQuantile(deviations, 0.5),
  };
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function medianOf(values: readonly number[]): number {
  return interpolatedQuantile(sortedCopy(values), 0.5);
}

/** How many values lie beyond Tukey's fences: mild beyond 1.5, severe beyond 3 interquartile ranges from the quartiles. */
export interface OutlierCounts {
  lowSevere: number;
  lowMild: number;
  highMild: number;
  highSevere: number;
}

/**
 * Classifies outliers (Tukey, Exploratory Data Analysis, 1977). They are counted and stay in the sample: a slow start is
 * a fact about the runtime, not a mistake of the measurement.
 *
 * @param sorted the values in ascending order; fewer than four have no outliers.
 */
export function classifyOutliers(sorted: readonly number[]): OutlierCounts {
  const counts = { lowSevere: 0, lowMild: 0, highMild: 0, highSevere: 0 };
  if (sorted.length < 4) return counts;
  const q1 = interpolatedQuantile(sorted, 0.25);
  const q3 = interpolatedQuantile(sorted, 0.75);
  const range = q3 - q1;
  for (const value of sorted) {
    if (value < q1 - 3 * range) counts.lowSevere++;
    else if (value < q1 - 1.5 * range) counts.lowMild++;
    else if (value > q3 + 3 * range) counts.highSevere++;
    else if (value > q3 + 1.5 * range) counts.highMild++;
  }
  return counts;
}

export function outlierTotal(counts: OutlierCounts): number {
  return counts.lowSevere + counts.lowMild + counts.highMild + counts.highSevere;
}
