import type { FailureCategory, Lack, SpecResult } from "./model.js";
import { standingOf } from "./standing.js";

const CATEGORY_WORDS: Record<FailureCategory | "none", string> = {
  defect: "defect",
  race: "lost race",
  unsupported: "unsupported",
  default: "off or otherwise by default",
  none: "of no stated kind",
};

const LACK_WORDS: Record<Lack | "none", string> = {
  runtime: "lacking in the runtime",
  handler: "lacking in the handler",
  configuration: "switched off in the configuration",
  host: "lacking in the host",
  options: "left out by the run's options",
  none: "for no stated lack",
};

/**
 * Keeps apart why specs are excused: what is a defect, what the runtime or its handler does not support, and what is
 * switched off. One line each for known failures and for specs that do not apply, where there are any.
 */
export function excuseKinds(specs: readonly SpecResult[]): string[] {
  const known = specs.filter((spec) => standingOf(spec) === "knownFailure");
  const notApplicable = specs.filter((spec) => standingOf(spec) === "notApplicable");
  const lines = [
    ["Known failures", countBy(known, ({ knownFailure }) => knownFailure?.category ?? "none", CATEGORY_WORDS)],
    ["Not applicable", countBy(notApplicable, ({ lack }) => lack ?? "none", LACK_WORDS)],
  ];
  return lines.flatMap(([title, counts]) => (counts === "" ? [] : [`${title}: ${counts}.`]));
}

/** The one word of why a spec is excused: the category of a known failure, or who lacks what is not applicable. */
export function excuseKind(spec: SpecResult): FailureCategory | Lack | undefined {
  return standingOf(spec) === "knownFailure" ? spec.knownFailure?.category : spec.lack;
}

/** For instance `3 defect, 1 unsupported`; empty where there are no specs. */
function countBy<Kind extends string>(
  specs: readonly SpecResult[],
  kindOf: (spec: SpecResult) => Kind,
  words: Record<Kind, string>,
): string {
  return (Object.keys(words) as Kind[])
    .map((kind) => [specs.filter((spec) => kindOf(spec) === kind).length, words[kind]] as const)
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`)
    .join(", ");
}
