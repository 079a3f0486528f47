import { concludeRun } from "../conclusion.js";
import { explainSpec } from "../failure-text.js";
import { harmless, harmlessLine } from "../escape.js";
import type { RunResults, SpecResult } from "../model.js";
import { inReadingOrder, standingOf, STANDINGS } from "../standing.js";
import type { Reporter } from "./reporter.js";

/** GitHub shows ten annotations of each kind per step and drops the others without a word. */
const LIMIT_PER_KIND = 10;
const TEXT_LIMIT_CHARS = 2_000;

/**
 * annotations.txt: GitHub Actions workflow commands. They take effect when a step prints them:
 * `cat annotations.txt`.
 */
export const annotationsReporter: Reporter = {
  fileName: "annotations.txt",
  render(results: RunResults) {
    const specs = inReadingOrder(results.specs).filter((spec) => !spec.asExpected);
    const ofTone = (tone: string) => specs.filter((spec) => STANDINGS[standingOf(spec)].tone === tone);
    const { sentence, early } = concludeRun(results);
    const lines = [
      ...commands("error", ofTone("bad")),
      ...commands("warning", ofTone("unclear")),
      command("notice", "Critique", early === "" ? sentence : `${sentence} ${early}`),
    ];
    return `${lines.join("\n")}\n`;
  },
};

function commands(kind: string, specs: readonly SpecResult[]): string[] {
  const shown = specs.length > LIMIT_PER_KIND ? specs.slice(0, LIMIT_PER_KIND - 1) : specs;
  const lines = shown.map((spec) => {
    const title = `${spec.id} ${STANDINGS[standingOf(spec)].word}: ${spec.title}`;
    return command(kind, title, explainSpec(spec, TEXT_LIMIT_CHARS));
  });
  const left = specs.slice(shown.length).map((spec) => spec.id);
  if (left.length > 0) lines.push(command(kind, `${left.length} more`, left.join(", ").slice(0, TEXT_LIMIT_CHARS)));
  return lines;
}

function command(kind: string, title: string, message: string): string {
  return `::${kind} title=${escapeProperty(harmlessLine(title))}::${escapeData(harmless(message))}`;
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
