import { setImmediate, setTimeout } from "node:timers/promises";

/**
 * The one clock of all measurements, and the only place that converts its unit. The clock is monotonic
 * (CLOCK_MONOTONIC through process.hrtime); its readings are whole nanoseconds since this module was loaded, which a
 * JavaScript number holds exactly for 104 days.
 */
const originNs = process.hrtime.bigint();

const NS_PER_US = 1_000;
const NS_PER_MS = 1_000_000;
const NS_PER_S = 1_000_000_000;

/** Reads the clock: whole nanoseconds since an arbitrary moment of this process. */
export function nowNs(): number {
  return Number(process.hrtime.bigint() - originNs);
}

export const nsToUs = (durationNs: number): number => durationNs / NS_PER_US;
export const nsToMs = (durationNs: number): number => durationNs / NS_PER_MS;
export const nsToS = (durationNs: number): number => durationNs / NS_PER_S;
export const msToNs = (durationMs: number): number => Math.round(durationMs * NS_PER_MS);
export const sToNs = (durationS: number): number => Math.round(durationS * NS_PER_S);

/** A clock that can be waited on. Load shapes take it as a parameter, so that their timing can be tested without time. */
export interface Clock {
  nowNs: () => number;
  /** Waits until the moment has come, or returns early when the signal is aborted. */
  sleepUntilNs: (atNs: number, signal: AbortSignal) => Promise<void>;
}

/** Node's timers count whole milliseconds and fire up to about one late: the rest of a wait is spent asking the clock. */
const TIMER_SLACK_NS = 2 * NS_PER_MS;

/** The monotonic clock of this process. */
export const systemClock: Clock = {
  nowNs,
  async sleepUntilNs(atNs, signal) {
    const timerMs = Math.floor(nsToMs(atNs - nowNs() - TIMER_SLACK_NS));
    // Aborting rejects the timer; whoever waits looks at the signal anyway.
    if (timerMs > 0) await setTimeout(timerMs, undefined, { signal }).catch(() => undefined);
    while (nowNs() < atNs && !signal.aborted) await setImmediate();
  },
};

/** What reading the clock costs, and the smallest step it can show. */
export interface ClockFacts {
  /** Median time between two readings made back to back, in nanoseconds. */
  readCostNs: number;
  /** Smallest difference above zero seen between two readings, in nanoseconds. */
  resolutionNs: number;
}

/** Reads the clock some thousand times, which takes about a millisecond. */
export function inspectClock(readings = 5_000): ClockFacts {
  const stepsNs: number[] = [];
  let lastNs = nowNs();
  for (let reading = 0; reading < readings; reading++) {
    const readNs = nowNs();
    stepsNs.push(readNs - lastNs);
    lastNs = readNs;
  }
  stepsNs.sort((a, b) => a - b);
  return {
    readCostNs: stepsNs[stepsNs.length >> 1] ?? 0,
    resolutionNs: stepsNs.find((stepNs) => stepNs > 0) ?? 0,
  };
}
