import type { Level, RunResults, Verdict } from "./model.js";

/** What one runtime made of a spec. */
export interface TargetVerdict {
  target: string;
  verdict: Verdict;
  /** Why, in one sentence; empty for a plain pass. */
  reason: string;
}

/** A spec with the verdict of every target, in the targets' order. */
export interface SpecComparison {
  id: string;
  title: string;
  area: string;
  level: Level;
  verdicts: TargetVerdict[];
}

/** The verdicts of several runtimes side by side. */
export interface VerdictComparison {
  targets: { name: string; counts: Record<Verdict, number>; reportFolder?: string }[];
  /** Specs with the same verdict on every target. */
  same: number;
  /** Specs whose verdicts differ, in the order of their ids. */
  differing: SpecComparison[];
  /** Ids of specs that the first target passed and another one failed. */
  worse: string[];
}

/** One runtime's results under the name it has in a comparison. */
export interface NamedResults {
  name: string;
  results: RunResults;
  reportFolder?: string;
}

/**
 * Puts the verdicts of the same specs on several runtimes side by side.
 *
 * @param sides at least one; the first is what the others are compared with. All must have run the same specs.
 */
export function compareVerdicts(sides: readonly NamedResults[]): VerdictComparison {
  const [first] = sides;
  const specs = (first?.results.specs ?? []).map(({ id, title, area, level }): SpecComparison => {
    const verdicts = sides.map(({ name, results }): TargetVerdict => {
      const found = results.specs.find((spec) => spec.id === id);
      return { target: name, verdict: found?.verdict ?? "notRun", reason: found?.reason ?? "not selected" };
    });
    return { id, title, area, level, verdicts };
  });
  const differing = specs
    .filter(({ verdicts }) => new Set(verdicts.map(({ verdict }) => verdict)).size > 1)
    .sort((a, b) => a.id.localeCompare(b.id));
  const isWorse = ({ verdicts: [reference, ...others] }: SpecComparison) =>
    reference?.verdict === "passed" && others.some(({ verdict }) => verdict === "failed");
  return {
    targets: sides.map(({ name, results: { counts }, reportFolder }) => {
      return { name, counts, ...(reportFolder !== undefined && { reportFolder }) };
    }),
    same: specs.length - differing.length,
    differing,
    worse: differing.filter(isWorse).map(({ id }) => id),
  };
}

/** The comparison as lines for a terminal: what differs first, then how much is the same. */
export function verdictLines({ targets, differing, same }: VerdictComparison): string[] {
  const names = targets.map(({ name }) => name).join(", ");
  if (differing.length === 0) return [`verdicts: the same for all ${same} specs on ${names}`];
  const lines = differing.flatMap(({ id, title, level, verdicts }) => [
    `${id}  ${title}  (${level})`,
    ...verdicts.map(({ target, verdict, reason }) => `  ${target}: ${verdict}${reason === "" ? "" : `, ${reason}`}`),
  ]);
  return [`verdicts: ${differing.length} specs differ, ${same} are the same on ${names}`, "", ...lines];
}
