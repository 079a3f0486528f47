import { explainSpec, reasonOf } from "../failure-text.js";
import { cut, harmless, harmlessLine } from "../escape.js";
import type { RunResults, SpecResult } from "../model.js";
import { concludeRun } from "../conclusion.js";
import { standingOf } from "../standing.js";
import type { Reporter } from "./reporter.js";

const TEXT_LIMIT_CHARS = 10_000;

/** results.tap: the Test Anything Protocol, version 14. */
export const tapReporter: Reporter = {
  fileName: "results.tap",
  render(results: RunResults) {
    const lines = [
      "TAP version 14",
      `1..${results.specs.length}`,
      `# ${harmlessLine(concludeRun(results).sentence)}`,
      ...results.specs.flatMap((spec, index) => testPoint(spec, index + 1)),
    ];
    return `${lines.join("\n")}\n`;
  },
};

function testPoint(spec: SpecResult, number: number): string[] {
  const point = `${number} - ${description(`${spec.id} ${spec.title}`)}`;
  switch (standingOf(spec)) {
    case "passed":
      return [`ok ${point}`];
    case "notApplicable":
      return [`ok ${point} # SKIP ${description(reasonOf(spec))}`];
    case "knownFailure":
      return [`not ok ${point} # TODO ${description(reasonOf(spec))}`];
    case "failed":
    case "unexpectedPass":
    case "broken":
    case "flaky":
    case "notRun":
      return [`not ok ${point}`, ...diagnostics(spec)];
  }
}

/** A YAML block; every text is written as JSON, which is YAML too, so that no text can end the block. */
function diagnostics(spec: SpecResult): string[] {
  const facts = {
    verdict: spec.verdict,
    level: spec.level,
    reason: harmless(cut(spec.reason, TEXT_LIMIT_CHARS)),
    explanation: explainSpec(spec, TEXT_LIMIT_CHARS),
    duration_ms: Math.round(spec.durationMs),
  };
  return ["  ---", ...Object.entries(facts).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`), "  ..."];
}

function description(text: string): string {
  return harmlessLine(cut(text, TEXT_LIMIT_CHARS)).replace(/[\\#]/g, "\\$&");
}
