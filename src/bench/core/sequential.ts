import { Bench, hrtimeNowTimestampProvider } from "tinybench";
import { nowNs, nsToMs } from "./clock.js";
import type { Iteration, Mode } from "./iteration.js";
import { SteadyStateDetector, type WarmupOutcome, type WarmupPlan } from "./steady-state.js";

export interface SequentialOptions {
  /** Attempts to measure, failed ones included. */
  samples: number;
  /** A fixed number of warm-up iterations, or the plan by which the steady state is looked for. */
  warmup: number | WarmupPlan;
  /** Ends the loop after the iteration under way. */
  signal: AbortSignal;
  /** Gives the next iteration. */
  next: (mode: Mode) => Iteration;
  /** Told of each iteration after its conclusion. */
  finished: (iteration: Iteration) => void;
}

/**
 * Runs iterations one after the other, driven by tinybench: its hooks before and after each iteration are our prepare and
 * conclude, and its task function is our measure. Our own laps are the samples, in whole nanoseconds; tinybench gets the
 * total as its overridden duration.
 *
 * @returns how the warm-up ended.
 */
export async function runSequentially(options: SequentialOptions): Promise<WarmupOutcome> {
  const { samples, warmup, signal, next, finished } = options;
  const adaptive = typeof warmup === "number" ? undefined : warmup;
  const detector = adaptive && new SteadyStateDetector(adaptive);
  const startedNs = nowNs();
  let warmupIterations = 0;
  let iteration: Iteration | undefined;

  const bench = new Bench({
    timestampProvider: hrtimeNowTimestampProvider,
    signal,
    iterations: samples,
    time: 0,
    warmup: warmup !== 0,
    // tinybench warms up until both of its budgets are spent. An adaptive warm-up spends none of the time budget while
    // it lasts and all of it once it is steady.
    warmupIterations: adaptive ? 1 : (warmup as number),
    warmupTime: adaptive ? 1 : 0,
    throws: false,
  });
  const measure = async () => {
    await iteration!.measure();
    const { mode, outcome } = iteration!;
    let over = false;
    if (mode === "warmup") {
      warmupIterations++;
      over = detector?.add(outcome.totalNs, nowNs() - startedNs) ?? false;
    }
    return { overriddenDuration: nsToMs(outcome.totalNs ?? 0), overriddenIterationCost: over ? 1 : 0 };
  };
  bench.add("scenario", measure, {
    async: true,
    async beforeEach(mode) {
      iteration = next(mode === "warmup" ? "warmup" : "run");
      await iteration.prepare();
    },
    async afterEach() {
      await iteration!.conclude();
      finished(iteration!);
    },
  });
  const [task] = await bench.run();
  // Iterations do not throw: an error here is a mistake of this program and must not look like a measurement.
  if (task?.result.state === "errored") throw task.result.error;
  if (warmup === 0) return { end: "none", iterations: 0 };
  return detector?.outcome ?? { end: "fixed", iterations: warmupIterations };
}
