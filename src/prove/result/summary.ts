import type { ProveResults, Score } from "./model.js";
import { percentOf } from "./score.js";

/** Survivors named in the summary; all are in the files. */
const MAX_SURVIVORS = 40;

/** What a run came to, as text for a terminal. */
export function summaryText(results: ProveResults): string {
  const { scores, faults, notRun, specsWithoutKill, notProvable } = results;
  const missed = faults.filter(({ verdict }) => verdict === "survived" || verdict === "untouched");
  const broke = new Set(
    faults.flatMap(({ trials }) => trials.flatMap(({ end, spec }) => (end === "broke" ? [spec] : []))),
  );
  const lines = [
    line("all faults", scores.total),
    line("on required behaviours", scores.required),
    ...Object.entries(scores.families).map(([family, score]) => line(family, score)),
    ...scores.areas.map((score) => line(`  ${score.family} ${score.area}`, score)),
    "",
    ...missed.slice(0, MAX_SURVIVORS).map(({ id, verdict, title }) => `${verdict.padEnd(9)} ${id}: ${title}`),
    ...(missed.length > MAX_SURVIVORS ? [`and ${missed.length - MAX_SURVIVORS} more that nothing noticed`] : []),
    ...(specsWithoutKill.length > 0 ? [`specs that no fault failed: ${specsWithoutKill.join(", ")}`] : []),
    ...(broke.size > 0 ? [`specs that broke instead of failing: ${[...broke].sort().join(", ")}`] : []),
    ...(notProvable.some(({ status }) => status !== "notApplicable")
      ? [
          `specs that did not pass without a fault: ${notProvable
            .filter(({ status }) => status !== "notApplicable")
            .map(({ id }) => id)
            .join(", ")}`,
        ]
      : []),
    ...(notRun > 0 ? [`${notRun} faults had no turn`] : []),
  ];
  return lines.join("\n");
}

function line(name: string, score: Score): string {
  const { killed, missed, equivalent, absent } = score;
  const percent = percentOf(score);
  const share = percent === undefined ? "    -" : `${percent.toFixed(1).padStart(5)}%`;
  return `${name.padEnd(28)} ${share}  ${killed} noticed, ${missed} not, ${equivalent} equivalent, ${absent} absent here`;
}
