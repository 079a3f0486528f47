import type { Attempt, KnownFailure, Lack, Outcome, Verdict } from "./model.js";

/** The verdict of a spec and everything that follows from it. */
export interface Judgement {
  verdict: Verdict;
  asExpected: boolean;
  reason: string;
  lack?: Lack;
}

/**
 * Derives the verdict from what happened in each attempt and what was expected beforehand. Every report, count and
 * exit code goes through this one function.
 *
 * A known failure must fail: passing, or passing on a retry, is not as expected; only a race may pass. It never excuses a
 * broken set-up, and a spec that does not apply needs no excuse.
 */
export function judge(attempts: readonly Attempt[], knownFailure?: KnownFailure): Judgement {
  const last = attempts.at(-1)?.outcome;
  if (!last) return { verdict: "notRun", asExpected: false, reason: "the run ended before this spec" };
  const failedBefore = attempts.slice(0, -1).some((attempt) => attempt.outcome.status === "mismatch");
  switch (last.status) {
    case "ok":
      if (failedBefore) {
        const times = attempts.length - 1;
        return {
          verdict: "flaky",
          asExpected: false,
          reason: `passed only after ${times} failed ${times === 1 ? "attempt" : "attempts"}`,
        };
      }
      if (knownFailure && knownFailure.category !== "race") {
        const reason = `passed, but ${knownFailure.where} lists it as a known failure (${knownFailure.reason}); remove the entry`;
        return { verdict: "passed", asExpected: false, reason };
      }
      return { verdict: "passed", asExpected: true, reason: "" };
    case "mismatch":
      return { verdict: "failed", asExpected: knownFailure !== undefined, reason: describe(last) };
    case "notApplicable":
      return { verdict: "notApplicable", asExpected: true, reason: last.reason, lack: last.lack };
    case "broken":
      return { verdict: "broken", asExpected: false, reason: last.reason };
    case "notRun":
      return { verdict: "notRun", asExpected: false, reason: last.reason };
  }
}

function describe(outcome: Extract<Outcome, { status: "mismatch" }>): string {
  const [first, ...others] = outcome.mismatches;
  if (!first) return outcome.note ?? "an expectation did not hold";
  const more = others.length > 0 ? ` (and ${others.length} more)` : "";
  return `${first.subject}: expected ${first.expected}, seen ${first.seen}${more}`;
}
