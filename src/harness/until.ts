import { waitUntil, WaitTimeoutError } from "../support/wait-until.js";
import { formatDurationMs } from "../support/duration.js";
import { asCondition } from "./field-reads.js";
import { ExpectationFailed } from "./outcome.js";
import { patience } from "./patience.js";
import { currentRun } from "./spec-run.js";

export interface UntilOptions {
  /**
   * How long the condition may take, on a busy node in proportion longer; say in a comment where the bound comes from.
   * Default 10 s.
   */
  timeoutMs?: number;
  /** How often it is asked at least, whatever time that takes: for what holds by luck, where a call may take seconds. Default 1. */
  leastTries?: number;
  /** What a failure shows as seen: the state that was there when time ran out. */
  seen?: () => string;
}

type Falsy = undefined | null | false | 0 | "";

/**
 * Waits until a condition gives something truthy and returns that; asks again with growing pauses, from
 * milliseconds up. A condition that throws ends the waiting: catch what may fail for a while.
 * @param what the condition as an expectation, for instance `the container's state to be CONTAINER_EXITED`
 * @throws ExpectationFailed when time runs out
 */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  { timeoutMs = 10_000, leastTries = 1, seen }: UntilOptions = {},
): Promise<Exclude<T, Falsy>> {
  const run = currentRun();
  const signal = run?.signal;
  const startedMs = performance.now();
  let tries = 0;
  const allowedMs = (): number => (tries < leastTries ? Infinity : timeoutMs * patience());
  const asked = async (): Promise<{ value: Exclude<T, Falsy> } | { error: unknown } | undefined> => {
    tries += 1;
    try {
      const value = await asCondition(condition);
      return value ? { value: value as Exclude<T, Falsy> } : undefined;
    } catch (error) {
      return { error };
    }
  };
  try {
    const answer = await waitUntil(asked, { description: what, timeoutMs: allowedMs, ...(signal && { signal }) });
    if ("error" in answer) throw answer.error;
    const tookMs = performance.now() - startedMs;
    if (tookMs > timeoutMs) run?.notes.push(lateButFair(what, tookMs, timeoutMs));
    return answer.value;
  } catch (error) {
    const within = error instanceof WaitTimeoutError ? formatDurationMs(allowedMs()) : "the spec's deadline";
    if (!(error instanceof WaitTimeoutError) && !signal?.aborted) throw error;
    throw new ExpectationFailed({
      subject: "condition",
      expected: `${what} within ${within}`,
      seen: seen?.() ?? "not by then",
    });
  }
}

/** What is told of a thing that was waited for longer than it may take on a quiet node. */
export function lateButFair(what: string, tookMs: number, usualMs: number): string {
  return `waited ${formatDurationMs(tookMs)} for ${what}, longer than ${formatDurationMs(usualMs)}`;
}

/**
 * Watches a condition that must hold all the time: for what can only be shown by time passing. Choose the shortest
 * window that proves it, and say in a comment why it does.
 * @param what the condition as an expectation, for instance `ContainerStatus.state to stay CONTAINER_RUNNING`
 * @throws ExpectationFailed as soon as the condition does not hold
 */
export async function remains(
  what: string,
  condition: () => boolean | Promise<boolean>,
  { forMs, seen }: { forMs: number; seen?: () => string },
): Promise<void> {
  const startedMs = performance.now();
  await until(
    what,
    async () => {
      const elapsedMs = performance.now() - startedMs;
      if (!(await condition())) {
        throw new ExpectationFailed({
          subject: "condition",
          expected: `${what} for ${formatDurationMs(forMs)}`,
          seen: `${seen?.() ?? "not so"} after ${formatDurationMs(elapsedMs)}`,
        });
      }
      return elapsedMs >= forMs;
    },
    // Never reached unless a single look takes that long.
    { timeoutMs: forMs + 60_000 },
  );
}
