import { quantile } from "../core/quantile.js";
import { sortedCopy } from "../core/statistics.js";
import type { Random } from "./random.js";

/** Two samples to compare. When they were measured in rounds, equal positions belong together. */
export interface SamplePair {
  /** Values by round; undefined where the attempt failed. */
  a: readonly (number | undefined)[];
  b: readonly (number | undefined)[];
  /** True when both were measured in the same rounds: what disturbed a round then cancels out. */
  paired: boolean;
}

/** An estimate and its 95 % confidence interval. */
export interface Estimate {
  value: number;
  low: number;
  high: number;
}

export interface MedianShift {
  medians: { a: number; b: number };
  /** Median of `b` by median of `a`; undefined when the latter is 0. */
  ratio: Estimate | undefined;
  /** Median of `b` less median of `a`. */
  difference: Estimate;
}

/** Enough for the ends of a 95 % interval to be steady to about a tenth of its width. */
export const BOOTSTRAP_RESAMPLES = 2_000;

/**
 * How far the medians lie apart, with percentile bootstrap intervals (Efron and Tibshirani, An Introduction to the
 * Bootstrap, 1993, chapter 13). Rounds are drawn with replacement, both samples' values together when they are paired.
 *
 * @throws RangeError when a side has no value.
 */
export function medianShift(pair: SamplePair, random: Random): MedianShift {
  const a = new Resampler(pair.a);
  const b = new Resampler(pair.b);
  const ratios: number[] = [];
  const differences: number[] = [];
  for (let resample = 0; resample < BOOTSTRAP_RESAMPLES; resample++) {
    const rounds = draw(pair.a.length, random);
    const medianA = a.median(rounds);
    const medianB = b.median(pair.paired ? rounds : draw(pair.b.length, random));
    // A draw may by chance hold failed attempts only.
    if (medianA === undefined || medianB === undefined) continue;
    differences.push(medianB - medianA);
    if (medianA > 0) ratios.push(medianB / medianA);
  }
  const difference = interval(b.observed - a.observed, differences);
  const ratio = a.observed > 0 ? interval(b.observed / a.observed, ratios) : undefined;
  return { medians: { a: a.observed, b: b.observed }, ratio, difference };
}

function interval(value: number, resampled: number[]): Estimate {
  const sorted = sortedCopy(resampled);
  if (sorted.length === 0) return { value, low: -Infinity, high: Infinity };
  return { value, low: quantile(sorted, 0.025), high: quantile(sorted, 0.975) };
}

function draw(count: number, random: Random): Int32Array {
  return Int32Array.from({ length: count }, () => Math.floor(random() * count));
}

/** Finds medians of drawn rounds without sorting each time: it counts how often each rank was drawn. */
class Resampler {
  readonly observed: number;
  readonly #sorted: number[];
  /** Rank of each round's value, -1 where there is none. */
  readonly #ranks: Int32Array;
  readonly #drawn: Int32Array;

  constructor(values: readonly (number | undefined)[]) {
    const present = values.flatMap((value, round) => (value === undefined ? [] : [{ value, round }]));
    present.sort((x, y) => x.value - y.value);
    this.#sorted = present.map(({ value }) => value);
    this.#ranks = new Int32Array(values.length).fill(-1);
    present.forEach(({ round }, rank) => (this.#ranks[round] = rank));
    this.#drawn = new Int32Array(present.length);
    this.observed = quantile(this.#sorted, 0.5);
  }

  median(rounds: Int32Array): number | undefined {
    this.#drawn.fill(0);
    let count = 0;
    for (const round of rounds) {
      const rank = this.#ranks[round]!;
      if (rank < 0) continue;
      this.#drawn[rank]!++;
      count++;
    }
    let left = Math.ceil(count / 2);
    for (let rank = 0; left > 0 && rank < this.#drawn.length; rank++) {
      left -= this.#drawn[rank]!;
      if (left <= 0) return this.#sorted[rank];
    }
    return undefined;
  }
}
