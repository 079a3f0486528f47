import { medianOf } from "./statistics.js";

/** When a warm-up may end. Times in nanoseconds. */
export interface WarmupPlan {
  /** Iterations before the first decision. */
  minIterations: number;
  /** Iterations after which measuring begins even if no steady state was seen. */
  maxIterations: number;
  /**
   * Time before the first decision: an RPC of 0.2 ms needs some hundred calls before V8 has compiled its path
   * (seen with Version: 382 us over the first 500 calls, 160 us afterwards).
   */
  minDurationNs: number;
  /** Time after which measuring begins even if no steady state was seen. */
  maxDurationNs: number;
  /** Largest relative difference between the medians of two neighbouring windows that counts as steady. */
  tolerance: number;
}

export const DEFAULT_WARMUP: WarmupPlan = {
  minIterations: 8,
  maxIterations: 5_000,
  minDurationNs: 500_000_000,
  maxDurationNs: 30_000_000_000,
  tolerance: 0.05,
};

/** How a warm-up ended. */
export interface WarmupOutcome {
  /** `steady`: seen to be; `limit`: it was not within the plan's limits; `fixed`: the count was given; `none`: left out. */
  end: "steady" | "limit" | "fixed" | "none";
  iterations: number;
}

/** Smallest window whose median means anything. */
const SMALLEST_WINDOW = 4;

/**
 * Watches the durations of warm-up iterations and tells when they have settled: the median of the last quarter of them
 * differs from that of the quarter before by no more than the tolerance, or by no more than the noise within them. The
 * windows grow with the warm-up, so that a noisy scenario is judged on more values. Failed iterations only count as work.
 */
export class SteadyStateDetector {
  readonly #durationsNs: number[] = [];
  #iterations = 0;
  #checkAt: number;
  #steady = false;

  constructor(private readonly plan: WarmupPlan = DEFAULT_WARMUP) {
    this.#checkAt = plan.minIterations;
  }

  /**
   * Takes one finished iteration.
   *
   * @param durationNs its duration; undefined when it failed.
   * @param elapsedNs the time since the warm-up began.
   * @returns true when the warm-up is over.
   */
  add(durationNs: number | undefined, elapsedNs: number): boolean {
    this.#iterations++;
    if (durationNs !== undefined) this.#durationsNs.push(durationNs);
    const { maxIterations, maxDurationNs, minDurationNs } = this.plan;
    if (this.#iterations >= this.#checkAt && elapsedNs >= minDurationNs) {
      this.#steady = this.#isSteady();
      // Checks get rarer as the windows grow: sorting them after every call would itself be the load.
      this.#checkAt = this.#iterations + Math.max(1, this.#iterations >> 3);
    }
    return this.#steady || this.#iterations >= maxIterations || elapsedNs >= maxDurationNs;
  }

  get outcome(): WarmupOutcome {
    return { end: this.#steady ? "steady" : "limit", iterations: this.#iterations };
  }

  #isSteady(): boolean {
    const window = Math.max(SMALLEST_WINDOW, this.#durationsNs.length >> 2);
    if (this.#durationsNs.length < 2 * window) return false;
    const last = this.#durationsNs.slice(-window);
    const before = this.#durationsNs.slice(-2 * window, -window);
    const lastMedianNs = medianOf(last);
    const beforeMedianNs = medianOf(before);
    const differenceNs = Math.abs(lastMedianNs - beforeMedianNs);
    return differenceNs <= this.plan.tolerance * beforeMedianNs || differenceNs <= noiseOfMedian(last, before);
  }
}

/** Two standard errors of the difference of two medians, estimated from the median absolute deviations. */
function noiseOfMedian(a: readonly number[], b: readonly number[]): number {
  // 1.4826 turns a MAD into a normal standard deviation; the median's standard error is 1.2533 of the mean's.
  const variance = (values: readonly number[]) => {
    const median = medianOf(values);
    const mad = medianOf(values.map((value) => Math.abs(value - median)));
    return (1.2533 * 1.4826 * mad) ** 2 / values.length;
  };
  return 2 * Math.sqrt(variance(a) + variance(b));
}
