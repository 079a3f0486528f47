import type { BenchResult } from "./model.js";

/** What a run comes to, for an exit code. */
export type BenchOutcome =
  | "asExpected"
  /** A threshold was missed or had nothing to be compared with. */
  | "thresholdMissed"
  /** A scenario gave no measurement because of what the runtime answered. */
  | "runtimeFailed"
  /** The runtime could not be reached any more, or would not let go of the run's pods. */
  | "environmentFailed"
  | "interrupted";

/** Derives the outcome; the gravest one counts. Single failed attempts are in the warnings and thresholds, not here. */
export function outcomeOf({ state, scenarios, thresholds, warnings }: BenchResult): BenchOutcome {
  if (state === "interrupted") return "interrupted";
  const failed = scenarios.filter(({ end }) => end.state === "failed");
  const unreachable = failed.some(({ errors }) => errors.some(({ code }) => code === "Unavailable"));
  if (unreachable || warnings.some(({ kind }) => kind === "leftovers")) return "environmentFailed";
  if (failed.length > 0) return "runtimeFailed";
  return thresholds.every((threshold) => threshold.state === "met") ? "asExpected" : "thresholdMissed";
}

/** From the gravest to none. */
const BY_GRAVITY: readonly BenchOutcome[] = [
  "interrupted",
  "environmentFailed",
  "runtimeFailed",
  "thresholdMissed",
  "asExpected",
];

/** The gravest of several outcomes. */
export function gravest(outcomes: readonly BenchOutcome[]): BenchOutcome {
  return BY_GRAVITY.find((outcome) => outcomes.includes(outcome)) ?? "asExpected";
}
