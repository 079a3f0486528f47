import { formatDurationMs } from "../support/duration.js";
import { cut, harmless, harmlessLine } from "./escape.js";
import type { Attempt, CallEntry, SpecResult } from "./model.js";
import { standingOf } from "./standing.js";

/** The latest attempt that did not hold; it explains a failed and a flaky spec alike. */
export function failedAttempt(spec: SpecResult): Attempt | undefined {
  return spec.attempts.findLast(({ outcome }) => outcome.status === "mismatch" || outcome.status === "broken");
}

/** Why a spec has its verdict; for a known failure the reason its list gives. Not escaped. */
export function reasonOf(spec: SpecResult): string {
  return standingOf(spec) === "knownFailure" ? (spec.knownFailure?.reason ?? spec.reason) : spec.reason;
}

/**
 * Explains in plain text why a spec is not simply passed: its clause, what was expected and seen, where the suite itself
 * broke, and trouble with cleaning up. Harmless to show, but not escaped for any markup.
 *
 * @param limitChars about how long the text may get
 */
export function explainSpec(spec: SpecResult, limitChars: number): string {
  const lines = [spec.clause];
  if (spec.knownFailure && spec.verdict === "failed")
    lines.push(`known failure: ${spec.knownFailure.reason} (${spec.knownFailure.where})`);
  const attempt = failedAttempt(spec);
  if (!attempt || spec.verdict === "flaky") lines.push(spec.reason);
  if (attempt) lines.push(...explainOutcome(attempt), ...attempt.cleanup.map((trouble) => `clean-up: ${trouble}`));
  return harmless(cut(lines.filter((line) => line !== "").join("\n"), limitChars));
}

function explainOutcome({ outcome }: Attempt): string[] {
  if (outcome.status === "broken") {
    const { reason, stack = "" } = outcome;
    return stack.includes(reason) ? [stack] : [reason, stack];
  }
  if (outcome.status !== "mismatch") return [];
  const pairs = outcome.mismatches.flatMap(({ subject, expected, seen }) => [
    `expected  ${subject} ${expected}`,
    `seen      ${seen}`,
  ]);
  return outcome.note === undefined ? pairs : [...pairs, outcome.note];
}

/** When a call began, for instance `+112ms`. */
export function describeOffset({ atMs }: CallEntry): string {
  return atMs > 0 ? `+${formatDurationMs(atMs)}` : "+0s";
}

/** One RPC of a transcript on one line, for instance `StopContainer 41ms OK`; with the runtime's message if it failed. */
export function describeCall({ method, durationMs, code, details }: CallEntry): string {
  const message = details === undefined || details === "" ? "" : `: ${details}`;
  return harmlessLine(`${method} ${formatDurationMs(durationMs)} ${code}${message}`);
}

/**
 * The transcript and the notes of a spec's attempts in plain text, one line per RPC; requests and replies under it where
 * they were kept. Harmless to show, but not escaped for any markup.
 *
 * @param limitChars about how long the text may get
 */
export function transcriptText(spec: SpecResult, limitChars: number): string {
  const lines = spec.attempts.flatMap((attempt, index) => {
    const attemptLines = transcriptLines(attempt);
    return spec.attempts.length > 1 && attemptLines.length > 0
      ? [`attempt ${index + 1}:`, ...attemptLines]
      : attemptLines;
  });
  return harmless(cut(lines.join("\n"), limitChars));
}

function transcriptLines({ notes, calls, runtimeLog }: Attempt): string[] {
  return [
    ...notes.map((note) => `note: ${note}`),
    ...calls.flatMap((call) => [
      `${describeOffset(call)} ${describeCall(call)}`,
      ...(call.request === undefined ? [] : [`  > ${JSON.stringify(call.request)}`]),
      ...(call.responses ?? []).map((response) => `  < ${JSON.stringify(response)}`),
    ]),
    ...(runtimeLog === undefined ? [] : ["the runtime's log meanwhile:", runtimeLog]),
  ];
}
