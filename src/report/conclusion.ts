import { counted } from "../support/counted.js";
import { formatDurationMs } from "../support/duration.js";
import { cut } from "./escape.js";
import type { RunEnd, RunInfo, RunResults } from "./model.js";
import { countStandings, standingOf, type Tone } from "./standing.js";

/** What a run comes down to. */
export interface Conclusion {
  tone: Tone;
  /** One sentence, of which the runtime's name and version are its own words: escape it. */
  sentence: string;
  /** How the run ended when it did not complete; empty otherwise. */
  early: string;
}

/** Concludes a run in one sentence: whether the runtime behaved as expected, and the counts that say so. */
export function concludeRun(results: RunResults): Conclusion {
  const { specs } = results;
  const counts = countStandings(specs);
  const who = runtimeLabel(results.run);
  const total = specs.length;
  const early = describeEarlyEnd(results);
  const conclude = (tone: Tone, sentence: string) => ({ tone, sentence, early });

  // Where the runtime went, that is what broke them, and the next sentence says so.
  const broke = results.end?.how === "runtimeLost" ? "broke" : "broke on our side";
  const deviations = results.findings.filter(({ isDeviation }) => isDeviation).length;
  if (counts.failed + counts.unexpectedPass + counts.flaky + deviations > 0) {
    const required = specs.filter((spec) => standingOf(spec) === "failed" && spec.level === "required").length;
    const facts = [
      counts.failed > 0 && `${counts.failed} of ${counted(total, "spec")} failed (${required} required)`,
      counts.unexpectedPass > 0 && `${counts.unexpectedPass} passed against expectation`,
      counts.flaky > 0 && `${counts.flaky} passed only on a retry`,
      deviations > 0 && `${counted(deviations, "finding")} outside any spec`,
      counts.broken > 0 && `${counts.broken} ${broke}`,
      counts.notRun > 0 && `${counts.notRun} did not run`,
    ].filter((fact) => fact !== false);
    return conclude("bad", `${who} did not behave as expected: ${facts.join(", ")}.`);
  }
  if (total === 0 || counts.notRun === total) return conclude("unclear", `No verdict on ${who}: no spec ran.`);
  if (counts.broken + counts.notRun > 0) {
    const facts = [
      counts.broken > 0 && `${counts.broken} of ${counted(total, "spec")} ${broke}`,
      counts.notRun > 0 && `${counts.notRun} of ${counted(total, "spec")} did not run`,
    ].filter((fact) => fact !== false);
    return conclude("unclear", `No verdict on ${who}: ${facts.join(", ")}; none failed.`);
  }
  if (counts.passed === 0 && counts.knownFailure === 0) {
    return conclude("unclear", `No verdict on ${who}: none of ${counted(total, "spec")} applies to it.`);
  }
  const facts = [
    `${counted(counts.passed, "spec")} passed`,
    counts.knownFailure > 0 && `${counts.knownFailure} failed as known`,
    counts.notApplicable > 0 && `${counts.notApplicable} not applicable`,
  ].filter((fact) => fact !== false);
  return conclude("good", `${who} behaved as expected: ${facts.join(", ")}.`);
}

/** No runtime's name and version are longer, so that a bad one leaves the sentence readable. */
const LABEL_LIMIT_CHARS = 120;

/** Name, version and handler of the runtime, for instance `containerd 2.1.4 (handler runsc)`; its own words. */
export function runtimeLabel(run: RunInfo): string {
  const { name, version } = run.runtime;
  return cut(`${name} ${version}`, LABEL_LIMIT_CHARS) + (run.handler === "" ? "" : ` (handler ${run.handler})`);
}

/** How long a run took, with the processor time of both sides where it is known. */
export function tookText({ durationMs, cpu }: RunEnd): string {
  const took = `Took ${formatDurationMs(durationMs)}`;
  if (!cpu) return took;
  const { suiteMs, runtimeMs, of } = cpu;
  const suite = `the suite ${formatDurationMs(suiteMs)}`;
  const who = runtimeMs === undefined ? suite : `the runtime ${formatDurationMs(runtimeMs)} (${of}), ${suite}`;
  return `${took}; processor time: ${who}`;
}

/** When the run began, for people: `2026-01-02 03:04:05 UTC`. */
export function startedText(run: RunInfo): string {
  return run.startedAt.replace(/^(.+)T([^.]+)(?:\.\d+)?Z$/, "$1 $2 UTC");
}

const EARLY_ENDS = {
  completed: "",
  interrupted: "The run was interrupted",
  runtimeLost: "The runtime was lost",
  failFast: "The run stopped at the first failure",
  timeout: "The run ran out of time",
  crashed: "The run crashed",
} as const;

function describeEarlyEnd({ end }: RunResults): string {
  if (!end) return "The run has not ended, or died without a word.";
  const how = EARLY_ENDS[end.how];
  if (how === "") return "";
  return end.reason === "" ? `${how}.` : `${how}: ${end.reason}`;
}
