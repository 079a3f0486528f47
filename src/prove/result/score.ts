import type { FaultResult, ProveResults, Score, ScoreLine } from "./model.js";

/** Counts what became of faults. */
export function scoreOf(faults: readonly FaultResult[]): Score {
  const count = (...verdicts: FaultResult["verdict"][]): number =>
    faults.filter(({ verdict }) => verdicts.includes(verdict)).length;
  return {
    killed: count("killed"),
    missed: count("survived", "untouched"),
    equivalent: count("equivalent"),
    absent: count("absent"),
  };
}

/** Share of the faults that could be noticed and were, in percent; undefined where there were none. */
export function percentOf({ killed, missed }: Score): number | undefined {
  return killed + missed === 0 ? undefined : (100 * killed) / (killed + missed);
}

/** All scores of a report. */
export function scoresOf(faults: readonly FaultResult[]): ProveResults["scores"] {
  const byFamily = groupBy(faults, ({ family }) => family);
  const areas = [...byFamily.values()].flatMap((members): ScoreLine[] =>
    [...groupBy(members, ({ area }) => area)].sort(byName).map(([area, group]) => ({
      family: group[0]!.family,
      area,
      ...scoreOf(group),
    })),
  );
  return {
    total: scoreOf(faults),
    required: scoreOf(faults.filter(({ level }) => level === "required")),
    families: Object.fromEntries([...byFamily].map(([family, members]) => [family, scoreOf(members)])),
    areas,
  };
}

const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => a.localeCompare(b);

function groupBy<T, K>(items: readonly T[], key: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}
