import { systemClock, type Clock } from "./clock.js";
import { runInOpenLoop } from "./open-loop.js";
import { runInParallel } from "./parallel.js";
import { runSequentially, type Loop } from "./sequential.js";

/** How attempts follow each other. */
export type LoadShape =
  /** One at a time: the runtime's latency without company. */
  | { kind: "sequential" }
  /** So many at any time, each worker starting its next attempt when its last one has ended (a closed loop). */
  | { kind: "parallel"; concurrency: number }
  /** At a constant rate whatever the runtime does, as a scheduler starts pods; latency counts from the due moment. */
  | { kind: "openLoop"; ratePerS: number; maxInFlight: number };

/** How the load went. */
export interface Pace {
  durationNs: number;
  /** Attempts that succeeded, per second. */
  successesPerS: number;
  /** Open loop: starts made noticeably after they were due. */
  lateStarts?: number;
  /** Open loop: starts not made at all, because the wait for a free place had become too long. */
  droppedStarts?: number;
}

/** How two parts of one load went together. */
export function addPaces(a: Pace, b: Pace): Pace {
  const durationNs = a.durationNs + b.durationNs;
  const successes = (a.successesPerS * a.durationNs + b.successesPerS * b.durationNs) / 1e9;
  return {
    durationNs,
    successesPerS: durationNs === 0 ? 0 : successes / (durationNs / 1e9),
    ...(a.lateStarts !== undefined && { lateStarts: a.lateStarts + (b.lateStarts ?? 0) }),
    ...(a.droppedStarts !== undefined && { droppedStarts: a.droppedStarts + (b.droppedStarts ?? 0) }),
  };
}

/** Starts that an open loop lets run at the same time unless told otherwise: about the pods that a small node holds. */
export const DEFAULT_MAX_IN_FLIGHT = 100;

/** @throws RangeError for a rate or number that no load can have. */
export function checkLoadShape(shape: LoadShape): void {
  if (shape.kind === "openLoop" && !(shape.ratePerS > 0 && Number.isFinite(shape.ratePerS))) {
    throw new RangeError(`${shape.ratePerS} starts per second are no rate: give a number above 0, for example 5/s.`);
  }
  const places = shape.kind === "parallel" ? shape.concurrency : shape.kind === "openLoop" ? shape.maxInFlight : 1;
  if (!Number.isSafeInteger(places) || places < 1) {
    throw new RangeError(
      `A concurrency of ${places} is not possible: give a whole number from 1 upwards, for example 8.`,
    );
  }
}

/** Puts the load on the runtime until all attempts are made or the loop's signal is aborted. */
export async function applyLoad(
  shape: LoadShape,
  loop: Loop,
  samples: number,
  clock: Clock = systemClock,
): Promise<Pace> {
  const startedNs = clock.nowNs();
  let successes = 0;
  const counting: Loop = {
    ...loop,
    finished(iteration) {
      if (iteration.outcome.error === undefined) successes++;
      loop.finished(iteration);
    },
  };
  const starts = await startAll(shape, counting, samples, clock);
  const durationNs = clock.nowNs() - startedNs;
  return { durationNs, successesPerS: durationNs === 0 ? 0 : successes / (durationNs / 1e9), ...starts };
}

async function startAll(shape: LoadShape, loop: Loop, samples: number, clock: Clock): Promise<Partial<Pace>> {
  switch (shape.kind) {
    case "sequential":
      await runSequentially(loop, samples);
      return {};
    case "parallel":
      await runInParallel(loop, samples, shape.concurrency);
      return {};
    case "openLoop":
      return runInOpenLoop(loop, samples, shape, clock);
  }
}

/** Writes a load shape for people. */
export function formatLoadShape(shape: LoadShape): string {
  switch (shape.kind) {
    case "sequential":
      return "one at a time";
    case "parallel":
      return `${shape.concurrency} in parallel`;
    case "openLoop":
      return `${shape.ratePerS} starts per second, at most ${shape.maxInFlight} at a time`;
  }
}
