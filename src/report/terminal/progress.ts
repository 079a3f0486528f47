import { formatDurationMs } from "../../support/duration.js";
import { runtimeLabel } from "../conclusion.js";
import { reasonOf } from "../failure-text.js";
import type { RunInfo, SpecResult } from "../model.js";
import { listCounts, standingOf, STANDINGS, type StandingCounts } from "../standing.js";
import { TONE_STYLES, type Paint } from "./colours.js";
import { printableLine } from "./layout.js";

/** What is about to be run, and why against this endpoint. */
export function startLine(run: RunInfo, specCount: number): string {
  const facts = [
    `critique ${run.suiteVersion}: ${runtimeLabel(run)}`,
    `${run.endpoint} (from ${run.endpointSource})`,
    `${specCount} specs, ${run.parallel} in parallel, seed ${run.seed}`,
  ];
  return printableLine(facts.join("; "));
}

/** A finished spec on one line, for instance `[ 12/329] passed CTR-027 a process that ... (900ms)`. */
export function specLine(spec: SpecResult, done: number, total: number, paint: Paint): string {
  const standing = standingOf(spec);
  const { word, tone } = STANDINGS[standing];
  const place = `[${String(done).padStart(String(total).length)}/${total}]`;
  const isExcused = standing === "notApplicable" || standing === "knownFailure";
  const reason = isExcused ? `: ${reasonOf(spec)}` : "";
  const rest = printableLine(`${spec.id} ${spec.title} (${formatDurationMs(spec.durationMs)})${reason}`);
  return `${place} ${paint(TONE_STYLES[tone], word)} ${rest}`;
}

/**
 * What a spec that held left to tell, a line each: with `all` every note, else only those that tell a rate, as `3 of 8`.
 * A rate says how often something went wrong that is tolerated as a race, and must not hide behind a pass. Nobody needs
 * to hear of a rate of 0.
 */
export function noteLines(spec: SpecResult, all: boolean): string[] {
  const notes = spec.verdict === "passed" ? (spec.attempts.at(-1)?.notes ?? []) : [];
  return notes
    .filter((note) => all || /\b[1-9]\d* of \d+\b/.test(note))
    .map((note) => printableLine(`note of ${spec.id}: ${note}`));
}

export interface Progress {
  counts: StandingCounts;
  done: number;
  total: number;
  /** Ids of the specs under way. */
  running: Iterable<string>;
  elapsedMs: number;
}

/** The first specs say little about how long the others take. */
const SPECS_FOR_ESTIMATE = 5;

/** For instance `120/329  1 failed, 119 passed  1m2s, about 2m left  running CTR-027 CTR-028`. */
export function statusText({ counts, done, total, running, elapsedMs }: Progress): string {
  const leftMs = (elapsedMs / done) * (total - done);
  const left = done < SPECS_FOR_ESTIMATE ? "" : `, about ${wholeSeconds(leftMs)} left`;
  const ids = [...running].join(" ");
  return [
    `${done}/${total}`,
    ...(done === 0 ? [] : [listCounts(counts)]),
    `${wholeSeconds(elapsedMs)}${left}`,
    ...(ids === "" ? [] : [`running ${ids}`]),
  ].join("  ");
}

function wholeSeconds(durationMs: number): string {
  const seconds = Math.round(durationMs / 1000);
  return seconds === 0 ? "0s" : formatDurationMs(seconds * 1000);
}
