import type { Lock } from "./spec.js";

/** Something to run that may not run beside others holding the same locks. */
export interface Job {
  id: string;
  locks: readonly string[];
  /** It waits for timers more than it works, so others run meanwhile. Default: no. */
  waits?: boolean;
  run: () => Promise<void>;
}

/** The lock of a job that runs alone. */
const ALONE = "whole-node" satisfies Lock;

/**
 * Runs jobs side by side, at most `limit()` at once, which may change, starting them in the given order; a job whose locks are taken
 * lets later ones pass. Jobs that only wait do not count, unless one at a time is asked for. Jobs that hold `whole-node`
 * follow one by one when all others have ended. Returns when all started jobs have ended; once `stopped` says so, no
 * further job starts. A job must not reject.
 */
export async function schedule(jobs: readonly Job[], limit: () => number, stopped: () => boolean): Promise<void> {
  const alone = (job: Job): boolean => job.locks.includes(ALONE);
  const beside = jobs.filter((job) => !alone(job));
  await runBeside(beside, limit, stopped);
  await runBeside(jobs.filter(alone), () => 1, stopped);
}

async function runBeside(jobs: readonly Job[], limit: () => number, stopped: () => boolean): Promise<void> {
  const waiting = [...jobs];
  const held = new Set<string>();
  const running = new Map<Job, Promise<void>>();
  const counts = (job: Job): boolean => !job.waits || limit() === 1;
  const isFull = (): boolean => [...running.keys()].filter(counts).length >= limit();
  const isLocked = (job: Job): boolean => job.locks.some((lock) => held.has(lock));
  const takeNext = (): Job | undefined => {
    const full = isFull();
    const index = waiting.findIndex((job) => !isLocked(job) && !(full && counts(job)));
    return index < 0 ? undefined : waiting.splice(index, 1)[0];
  };
  const start = (job: Job): void => {
    for (const lock of job.locks) held.add(lock);
    const done = job.run().finally(() => {
      for (const lock of job.locks) held.delete(lock);
      running.delete(job);
    });
    running.set(job, done);
  };
  while (!stopped()) {
    for (let job = takeNext(); job; job = takeNext()) start(job);
    if (running.size === 0) break;
    await Promise.race(running.values());
  }
  await Promise.all(running.values());
}

/** The same order for the same seed (mulberry32 and Fisher-Yates), so that an order that failed can be run again. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  const result = [...items];
  let state = seed >>> 0;
  const random = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  for (let index = result.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1));
    [result[index], result[other]] = [result[other]!, result[index]!];
  }
  return result;
}
