import { quantile } from "../core/quantile.js";
import { sortedCopy } from "../core/statistics.js";
import type { Random } from "./random.js";

/** An estimate and its 95 % confidence interval. */
export interface Estimate {
  value: number;
  low: number;
  high: number;
}

/** How far one target lies from the other. */
export interface Shift {
  /** The second by the first; undefined when a value is 0. */
  ratio: Estimate | undefined;
  /** The second less the first. */
  difference: Estimate;
}

/** Enough for the ends of a 95 % interval to be steady to about a tenth of its width. */
export const BOOTSTRAP_RESAMPLES = 2_000;

/** Share cut off at either end of a trimmed mean: as robust as a latency's tail demands, and far steadier than a median. */
const TRIM = 0.2;

/**
 * The shift between two targets measured in the same rounds: the trimmed mean of the rounds' differences, and of their
 * ratios on the logarithmic scale. What slowed a round down met both and cancels out. Intervals by the percentile bootstrap
 * over rounds (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13).
 *
 * @param pairs at least one; the values of the first and of the second target in one round.
 */
export function pairedShift(pairs: readonly (readonly [number, number])[], random: Random): Shift {
  const estimate = (values: readonly number[], convert: (value: number) => number = (value) => value): Estimate => {
    const resampler = new Resampler(values);
    return interval(convert(resampler.observed), () => convert(resampler.resample(random)));
  };
  const positive = pairs.every(([a, b]) => a > 0 && b > 0);
  return {
    ratio: positive
      ? estimate(
          pairs.map(([a, b]) => Math.log(b / a)),
          Math.exp,
        )
      : undefined,
    difference: estimate(pairs.map(([a, b]) => b - a)),
  };
}

/**
 * The shift between two targets measured at different times: the difference of their trimmed means, and their ratio on the
 * logarithmic scale, each side resampled by itself.
 */
export function unpairedShift(a: readonly number[], b: readonly number[], random: Random): Shift {
  const estimate = (ofA: readonly number[], ofB: readonly number[], convert = (value: number) => value): Estimate => {
    const resamplerA = new Resampler(ofA);
    const resamplerB = new Resampler(ofB);
    return interval(convert(resamplerB.observed - resamplerA.observed), () =>
      convert(resamplerB.resample(random) - resamplerA.resample(random)),
    );
  };
  const positive = [...a, ...b].every((value) => value > 0);
  return {
    ratio: positive ? estimate(a.map(Math.log), b.map(Math.log), Math.exp) : undefined,
    difference: estimate(a, b),
  };
}

function interval(value: number, resample: () => number): Estimate {
  const sorted = sortedCopy(Array.from({ length: BOOTSTRAP_RESAMPLES }, resample));
  return { value, low: quantile(sorted, 0.025), high: quantile(sorted, 0.975) };
}

/** Takes trimmed means of resampled values without sorting each time: it counts how often each rank was drawn. */
class Resampler {
  readonly observed: number;
  readonly #sorted: number[];
  readonly #drawn: Int32Array;

  constructor(values: readonly number[]) {
    this.#sorted = sortedCopy(values);
    this.#drawn = new Int32Array(values.length).fill(1);
    this.observed = this.#trimmedMean();
  }

  resample(random: Random): number {
    const count = this.#sorted.length;
    this.#drawn.fill(0);
    for (let draw = 0; draw < count; draw++) this.#drawn[Math.floor(random() * count)]!++;
    return this.#trimmedMean();
  }

  #trimmedMean(): number {
    const count = this.#sorted.length;
    const cut = Math.floor(TRIM * count);
    let sum = 0;
    let passed = 0;
    for (let rank = 0; rank < count && passed < count - cut; rank++) {
      const end = passed + this.#drawn[rank]!;
      // How many of this rank's draws lie between the two cuts.
      const kept = Math.min(end, count - cut) - Math.max(passed, cut);
      if (kept > 0) sum += kept * this.#sorted[rank]!;
      passed = end;
    }
    return sum / (count - 2 * cut);
  }
}
