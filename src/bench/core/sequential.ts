import { Bench, hrtimeNowTimestampProvider, type BenchOptions } from "tinybench";
import { nowNs, nsToMs } from "./clock.js";
import type { Iteration, Mode } from "./iteration.js";
import { SteadyStateDetector, type WarmupOutcome, type WarmupPlan } from "./steady-state.js";

/** Where a load shape gets its iterations from and takes them to. */
export interface Loop {
  /** Ends the loop after the iterations under way. */
  signal: AbortSignal;
  /** Gives the next iteration. */
  next: (mode: Mode) => Iteration;
  /** Told of each iteration after its conclusion. */
  finished: (iteration: Iteration) => void;
}

/**
 * Warms up, one iteration after the other.
 *
 * @param warmup a fixed number of iterations, or the plan by which the steady state is looked for.
 */
export async function warmUp(loop: Loop, warmup: number | WarmupPlan): Promise<WarmupOutcome> {
  if (warmup === 0) return { end: "none", iterations: 0 };
  if (typeof warmup === "number") {
    await drive(loop, "warmup", { warmupIterations: warmup, warmupTime: 0 });
    return { end: "fixed", iterations: warmup };
  }
  const detector = new SteadyStateDetector(warmup);
  const startedNs = nowNs();
  const isOver = ({ outcome }: Iteration) => detector.add(outcome.totalNs, nowNs() - startedNs);
  // tinybench goes on until a budget of time is spent: nothing is charged while the warm-up lasts, all of it at its end.
  await drive(loop, "warmup", { warmupIterations: 1, warmupTime: 1 }, (iteration) => (isOver(iteration) ? 1 : 0));
  return detector.outcome;
}

/** Measures attempts one after the other, failed ones included. */
export function runSequentially(loop: Loop, samples: number): Promise<void> {
  return drive(loop, "run", { iterations: samples, time: 0 });
}

/**
 * Lets tinybench drive iterations: its hooks before and after each one are our prepare and conclude, its task function is
 * our measure. Our own laps are the samples, in whole nanoseconds; tinybench is given their sum.
 *
 * @param cost what an iteration is charged to tinybench's time budget, in milliseconds.
 */
async function drive(
  { signal, next, finished }: Loop,
  mode: Mode,
  options: BenchOptions,
  cost: (iteration: Iteration) => number = () => 0,
): Promise<void> {
  let iteration: Iteration;
  const measure = async () => {
    await iteration.measure();
    return { overriddenDuration: nsToMs(iteration.outcome.totalNs ?? 0), overriddenIterationCost: cost(iteration) };
  };
  // tinybench never takes its listeners off the signal it is given: a comparison would gather them by the thousand.
  const ending = new AbortController();
  const end = () => ending.abort(signal.reason);
  signal.addEventListener("abort", end, { once: true });
  const common = { timestampProvider: hrtimeNowTimestampProvider, throws: true, signal: ending.signal };
  const bench = new Bench({ ...common, ...options });
  bench.add("scenario", measure, {
    async: true,
    async beforeEach() {
      iteration = next(mode);
      await iteration.prepare();
    },
    async afterEach() {
      await iteration.conclude();
      finished(iteration);
    },
  });
  // Iterations do not throw, so an error is a mistake of this program: `throws` keeps it from looking like a measurement.
  const [task] = bench.tasks;
  try {
    await (mode === "warmup" ? task!.warmup() : task!.run());
  } finally {
    signal.removeEventListener("abort", end);
  }
}
