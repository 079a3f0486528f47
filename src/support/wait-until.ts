import { setTimeout as sleep } from "node:timers/promises";

import { formatDurationMs } from "./duration.js";

export interface WaitOptions {
  /** What is waited for, as it shall read in the error: "waited 5s for DESCRIPTION". */
  description: string;
  /** How long to keep asking; a function where that may change meanwhile. */
  timeoutMs: number | (() => number);
  /** The pause after the first unanswered question; it doubles up to `maxPauseMs`. Default 5 ms. */
  firstPauseMs?: number;
  /** Default 200 ms. */
  maxPauseMs?: number;
  /** Ends the waiting early: the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** The condition did not come true in time. `cause` is what the condition threw last, if it threw. */
export class WaitTimeoutError extends Error {
  override readonly name = "WaitTimeoutError";
}

type Falsy = undefined | null | false | 0 | "";

/**
 * Asks a condition again and again, with growing pauses, until it gives something truthy, and returns that.
 * A condition that throws counts as "not yet"; what it threw last is the cause of the timeout error.
 *
 * @throws WaitTimeoutError after `timeoutMs`; the signal's reason when aborted.
 */
export async function waitUntil<T>(condition: () => T | Promise<T>, options: WaitOptions): Promise<Exclude<T, Falsy>> {
  const startedMs = performance.now();
  const timeoutMs = (): number => (typeof options.timeoutMs === "number" ? options.timeoutMs : options.timeoutMs());
  let pauseMs = options.firstPauseMs ?? 5;
  let cause: unknown;
  for (;;) {
    options.signal?.throwIfAborted();
    cause = undefined;
    try {
      const value = await condition();
      if (value) return value as Exclude<T, Falsy>;
    } catch (error) {
      cause = error;
    }
    const leftMs = startedMs + timeoutMs() - performance.now();
    if (leftMs <= 0) {
      const why = cause instanceof Error ? `: ${cause.message}` : "";
      throw new WaitTimeoutError(`waited ${formatDurationMs(timeoutMs())} for ${options.description}${why}`, {
        cause,
      });
    }
    await pause(Math.min(pauseMs, leftMs), options.signal);
    pauseMs = Math.min(pauseMs * 2, options.maxPauseMs ?? 200);
  }
}

async function pause(pauseMs: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(pauseMs, undefined, signal === undefined ? undefined : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
