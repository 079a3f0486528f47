import { cut, harmless } from "../escape.js";
import { describeCall, failedAttempt, transcriptText } from "../failure-text.js";
import type { CallEntry, Mismatch, SpecResult } from "../model.js";
import { standingOf, STANDINGS } from "../standing.js";
import { TONE_STYLES, type Paint } from "./colours.js";
import { printableLine, widthOf, wrapText } from "./layout.js";

/** What is printed of one value; the report has more. */
const VALUE_LIMIT_CHARS = 1_500;
const CALLS_SHOWN = 12;
const LABEL_COLUMNS = 10;

export interface FailureStyle {
  columns: number;
  paint: Paint;
  /** Adds stacks and the transcript with requests and replies. */
  verbose: boolean;
}

/**
 * Prints why a spec is not as expected: who it is, the clause, all expectations that did not hold, and the RPCs that led
 * there, in few lines.
 */
export function failureLines(spec: SpecResult, style: FailureStyle): string[] {
  const { columns, paint, verbose } = style;
  const attempt = failedAttempt(spec);
  const outcome = attempt?.outcome;
  const body = (text: string) =>
    wrapText(harmless(cut(text, VALUE_LIMIT_CHARS)), columns - 2).map((line) => `  ${line}`);
  const lines = [...titleLines(spec, style), ...body(spec.clause).map((line) => paint("dim", line))];
  if (spec.verdict === "flaky") {
    // Its failed attempts were explained when they happened.
    return [...lines, ...body(spec.reason)];
  }
  if (outcome?.status === "mismatch") {
    lines.push(...mismatchLines(outcome.mismatches, style));
    if (outcome.note !== undefined) lines.push(...body(outcome.note));
  } else {
    lines.push(...body(spec.reason));
  }
  if (outcome?.status === "broken" && verbose && outcome.stack !== undefined) lines.push(...body(outcome.stack));
  for (const trouble of attempt?.cleanup ?? []) lines.push(...labelled("clean-up", trouble, columns));
  if (verbose) {
    for (const note of attempt?.notes ?? []) lines.push(...labelled("note", note, columns));
    lines.push(
      ...transcriptText(spec, 20 * VALUE_LIMIT_CHARS)
        .split("\n")
        .map((line) => paint("dim", `  ${line}`)),
    );
  } else if (attempt && attempt.calls.length > 0) {
    lines.push(...labelled("calls", callsText(attempt.calls), columns).map((line) => paint("dim", line)));
  }
  return lines;
}

/** Id and title on the left, level on the right, and the standing where it is not plainly failed. */
function titleLines(spec: SpecResult, { columns, paint }: FailureStyle): string[] {
  const standing = standingOf(spec);
  const style = TONE_STYLES[STANDINGS[standing].tone];
  const level = standing === "failed" ? spec.level : `${spec.level}, ${STANDINGS[standing].word}`;
  const title = printableLine(spec.title);
  const gap = columns - widthOf(`${spec.id}  ${title}${level}`);
  const [first = "", ...others] =
    gap >= 2 ? [title + " ".repeat(gap) + level] : wrapText(`${title} (${level})`, columns - spec.id.length - 2);
  const hang = " ".repeat(spec.id.length + 2);
  return [`${paint(style, paint("bold", spec.id))}  ${first}`, ...others.map((line) => hang + line)];
}

/** Expected and seen side by side where all of them fit, one above the other where not. */
function mismatchLines(mismatches: readonly Mismatch[], { columns, paint }: FailureStyle): string[] {
  const pairs = mismatches.map(({ subject, expected, seen }) => ({
    expected: value(`${subject} ${expected}`),
    seen: value(seen),
  }));
  const expectedColumns = Math.max(...pairs.map(({ expected }) => widthOf(expected)));
  const seenColumns = Math.max(...pairs.map(({ seen }) => widthOf(seen)));
  const sideBySide =
    LABEL_COLUMNS + 2 + expectedColumns + 11 + seenColumns <= columns &&
    pairs.every(({ expected, seen }) => !`${expected}${seen}`.includes("\n"));
  return pairs.flatMap(({ expected, seen }) => {
    if (!sideBySide) {
      const seenLines = labelled("seen", seen, columns);
      return [...labelled("expected", expected, columns), ...seenLines.map((line) => paint("red", line))];
    }
    const pad = " ".repeat(expectedColumns - widthOf(expected));
    return [`  ${"expected".padEnd(LABEL_COLUMNS)}${expected}${pad}     ${paint("red", `seen  ${seen}`)}`];
  });
}

function callsText(calls: readonly CallEntry[]): string {
  const left = calls.length - CALLS_SHOWN;
  const shown = (left > 0 ? calls.slice(-CALLS_SHOWN) : calls).map(describeCall).join(", ");
  return left > 0 ? `(${left} earlier ones) ${shown}` : shown;
}

function labelled(label: string, text: string, columns: number): string[] {
  return wrapText(`  ${label.padEnd(LABEL_COLUMNS)}${value(text)}`, columns, LABEL_COLUMNS + 2);
}

function value(text: string): string {
  return harmless(cut(text, VALUE_LIMIT_CHARS));
}
