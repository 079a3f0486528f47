import type { RunEnd, RunResults } from "./model.js";

/** Exit codes of the command line; see docs/cli.md. */
export const EXIT = { asExpected: 0, misbehaved: 1, usage: 2, environment: 3, threshold: 4, interrupted: 130 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/**
 * The exit code of a run. An end from outside says so first; then a runtime that misbehaved weighs more than specs
 * that could not be judged, because it is evidence; so does a finding of misbehaviour. A run that observed nothing never
 * exits 0.
 */
export function exitCodeOf(how: RunEnd["how"], { specs, findings }: Pick<RunResults, "specs" | "findings">): ExitCode {
  if (how === "interrupted") return EXIT.interrupted;
  if (how === "runtimeLost" || how === "crashed") return EXIT.environment;
  const verdicts = new Set(specs.filter((spec) => !spec.asExpected).map((spec) => spec.verdict));
  if (verdicts.has("failed") || verdicts.has("flaky") || verdicts.has("passed")) return EXIT.misbehaved;
  if (findings.some(({ isDeviation }) => isDeviation)) return EXIT.misbehaved;
  if (verdicts.size > 0) return EXIT.environment;
  return specs.some((spec) => spec.verdict !== "notApplicable") ? EXIT.asExpected : EXIT.environment;
}
