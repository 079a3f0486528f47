import type { SpecResult } from "./model.js";

/**
 * A verdict seen together with what was expected: what a reader wants to know first about a spec. In the order in which
 * reports show them.
 */
export const STANDINGS = {
  failed: { word: "failed", tone: "bad" },
  unexpectedPass: { word: "unexpected pass", tone: "bad" },
  broken: { word: "broken", tone: "unclear" },
  flaky: { word: "flaky", tone: "unclear" },
  notRun: { word: "not run", tone: "unclear" },
  knownFailure: { word: "known failure", tone: "neutral" },
  notApplicable: { word: "not applicable", tone: "neutral" },
  passed: { word: "passed", tone: "good" },
} as const satisfies Record<string, { word: string; tone: Tone }>;

/** How good or bad news is: `bad` is about the runtime, `unclear` leaves the question open. */
export type Tone = "good" | "bad" | "unclear" | "neutral";

export type Standing = keyof typeof STANDINGS;

export const STANDING_NAMES = Object.keys(STANDINGS) as Standing[];

export function standingOf(spec: Pick<SpecResult, "verdict" | "asExpected">): Standing {
  if (spec.verdict === "failed" && spec.asExpected) return "knownFailure";
  if (spec.verdict === "passed" && !spec.asExpected) return "unexpectedPass";
  return spec.verdict;
}

/** How many specs there are of each standing. */
export function countStandings(specs: readonly Pick<SpecResult, "verdict" | "asExpected">[]): StandingCounts {
  const counts = Object.fromEntries(STANDING_NAMES.map((name) => [name, 0])) as StandingCounts;
  for (const spec of specs) counts[standingOf(spec)]++;
  return counts;
}

export type StandingCounts = Record<Standing, number>;

/** The counts that are not zero, worst first, for instance `2 failed, 1 flaky, 310 passed`. */
export function listCounts(counts: StandingCounts): string {
  const facts = STANDING_NAMES.filter((name) => counts[name] > 0).map(
    (name) => `${counts[name]} ${STANDINGS[name].word}`,
  );
  return facts.length > 0 ? facts.join(", ") : "no specs";
}

const LEVELS = ["required", "recommended", "optional"];

/** The specs with the worst news first: by standing, then level, then id. */
export function inReadingOrder(specs: readonly SpecResult[]): SpecResult[] {
  const rank = (spec: SpecResult) => STANDING_NAMES.indexOf(standingOf(spec)) * 10 + LEVELS.indexOf(spec.level);
  return [...specs].sort((a, b) => rank(a) - rank(b) || compareIds(a.id, b.id));
}

function compareIds(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The specs of each area, areas and specs in the order given. */
export function groupByArea(specs: readonly SpecResult[]): Map<string, SpecResult[]> {
  const groups = new Map<string, SpecResult[]>();
  for (const spec of specs) {
    const group = groups.get(spec.area);
    if (group) group.push(spec);
    else groups.set(spec.area, [spec]);
  }
  return groups;
}
