import { msToNs, sToNs, type Clock } from "./clock.js";
import type { Iteration } from "./iteration.js";
import type { Loop } from "./sequential.js";

export interface OpenLoopOptions {
  /** Starts per second. */
  ratePerS: number;
  /** Attempts that may run at the same time; a start that finds no place waits, and its latency grows. */
  maxInFlight: number;
}

/** What became of the starts. */
export interface OpenLoopStarts {
  lateStarts: number;
  droppedStarts: number;
}

/** Node's timers are a millisecond or two late by themselves; what exceeds this comes from a lack of places. */
const LATE_AFTER_NS = msToNs(5);

/** A start that has waited so long for a place is given up: the runtime is hopelessly behind the rate. */
const DROP_AFTER_NS = sToNs(10);

/** How long before its start an attempt is prepared, in seconds; preparing must not delay the start. */
const PREPARED_AHEAD_S = 2;

interface Start {
  iteration: Iteration;
  prepared: Promise<void>;
  dueNs: number;
}

/**
 * Starts attempts at a constant rate, whether or not earlier ones have ended, and measures each from the moment its start
 * was due. A runtime that stalls so shows the stall in every start that fell into it (no coordinated omission: Tene,
 * "How NOT to Measure Latency").
 */
export async function runInOpenLoop(
  loop: Loop,
  samples: number,
  { ratePerS, maxInFlight }: OpenLoopOptions,
  clock: Clock,
): Promise<OpenLoopStarts> {
  const { signal } = loop;
  const ahead = Math.min(samples, Math.max(1, Math.ceil(ratePerS * PREPARED_AHEAD_S)));
  const starts: OpenLoopStarts = { lateStarts: 0, droppedStarts: 0 };
  const places = new Places(maxInFlight);
  const preparations: { iteration: Iteration; prepared: Promise<void> }[] = [];
  const prepareOne = () => {
    const iteration = loop.next("run");
    preparations.push({ iteration, prepared: iteration.prepare() });
  };
  for (let index = 0; index < ahead; index++) prepareOne();
  await Promise.all(preparations.map(({ prepared }) => prepared));

  const originNs = clock.nowNs();
  const running: Promise<void>[] = [];
  for (let index = 0; index < samples; index++) {
    const dueNs = originNs + Math.round((index * 1e9) / ratePerS);
    await clock.sleepUntilNs(dueNs, signal);
    if (signal.aborted) break;
    running.push(makeStart({ ...preparations.shift()!, dueNs }));
    if (index + ahead < samples) prepareOne();
  }
  await Promise.all(running);
  for (const { iteration, prepared } of preparations) {
    await prepared;
    await iteration.conclude();
  }
  return starts;

  async function makeStart({ iteration, prepared, dueNs }: Start): Promise<void> {
    await prepared;
    await places.take();
    const waitedNs = clock.nowNs() - dueNs;
    if (waitedNs > DROP_AFTER_NS || signal.aborted) {
      iteration.drop(dueNs, "dropped: the start was due more than 10 s before a place became free");
      if (!signal.aborted) starts.droppedStarts++;
    } else {
      if (waitedNs > LATE_AFTER_NS) starts.lateStarts++;
      await iteration.measure(dueNs);
    }
    await iteration.conclude();
    places.give();
    loop.finished(iteration);
  }
}

/** A number of places that are taken in the order of asking. */
class Places {
  readonly #waiting: (() => void)[] = [];

  constructor(private free: number) {}

  async take(): Promise<void> {
    if (this.free > 0) this.free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.free++;
  }
}
