import { escapeHtml } from "../../report/escape.js";
import { formatDurationMs } from "../../support/duration.js";
import type { FaultResult, ProveResults, Score, Trial } from "./model.js";
import { PROVE_STYLE } from "./html-style.js";
import { percentOf } from "./score.js";

/** One file that opens offline: scores, the matrix of faults, the survivors, and what each spec is worth. */
export function proveHtml(results: ProveResults): string {
  const { runtime, handler, startedAt, suiteVersion, seed, durationMs, faults, scores, complete, notRun } = results;
  const missed = faults.filter(({ verdict }) => verdict === "survived" || verdict === "untouched");
  const excused = faults.filter(({ verdict }) => verdict === "equivalent");
  const target = `${runtime.name} ${runtime.version}${handler === "" ? "" : `, ${handler}`}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>What the suite notices: ${escapeHtml(target)}</title>
<style>${PROVE_STYLE}</style>
</head>
<body>
<header>
<h1>What the suite notices</h1>
<p>${escapeHtml(target)}; critique ${escapeHtml(suiteVersion)}; ${escapeHtml(startedAt)}; took ${formatDurationMs(durationMs)}; seed ${seed}.
${complete ? "Every chosen fault had its turn." : `${notRun} faults had no turn.`}</p>
</header>
<main>
<section><h2>Score</h2>${scoreTable(scores)}</section>
<section><h2>Faults</h2>
<p class="legend">${legend()}</p>${matrix(faults)}</section>
<section><h2>Not noticed (${missed.length})</h2>${faultTable(missed)}</section>
<section><h2>Noticed</h2><details><summary>${scores.total.killed} faults and the specs that noticed them</summary>${faultTable(faults.filter(({ verdict }) => verdict === "killed"))}</details></section>
<section><h2>Declared equivalent (${excused.length})</h2>${faultTable(excused)}</section>
<section><h2>Specs</h2>${specTables(results)}</section>
</main>
</body>
</html>
`;
}

function scoreTable({ total, required, families, areas }: ProveResults["scores"]): string {
  const row = (name: string, score: Score): string => {
    const percent = percentOf(score);
    const cells = [score.killed, score.missed, score.equivalent, score.absent].map((count) => `<td>${count}</td>`);
    return `<tr><th scope="row">${escapeHtml(name)}</th><td>${percent === undefined ? "–" : `${percent.toFixed(1)} %`}</td>${cells.join("")}</tr>`;
  };
  const rows = [
    row("all faults", total),
    row("on required behaviours", required),
    ...Object.entries(families).map(([family, score]) => row(family, score)),
    ...areas.map((line) => row(`${line.family}: ${line.area}`, line)),
  ];
  return `<table class="scores"><thead><tr><th scope="col">faults</th><th scope="col">noticed</th><th scope="col">killed</th><th scope="col">missed</th><th scope="col">equivalent</th><th scope="col">absent here</th></tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

const VERDICTS: readonly FaultResult["verdict"][] = ["killed", "survived", "untouched", "equivalent", "absent"];

const legend = (): string => VERDICTS.map((verdict) => `<span class="cell ${verdict}"></span> ${verdict}`).join(" ");

/** One cell a fault, in rows by RPC and kind. */
function matrix(faults: readonly FaultResult[]): string {
  const rows = new Map<string, FaultResult[]>();
  for (const fault of faults) {
    const name = fault.family === "derived" ? fault.rpc : `${fault.family}: ${fault.area}`;
    rows.set(name, [...(rows.get(name) ?? []), fault]);
  }
  const cell = ({ id, verdict }: FaultResult): string =>
    `<span class="cell ${verdict}" title="${escapeHtml(`${verdict}: ${id}`)}"></span>`;
  const row = ([name, group]: [string, FaultResult[]]): string => {
    const noticed = group.filter(({ verdict }) => verdict === "killed").length;
    const possible = group.filter(({ verdict }) => verdict !== "absent" && verdict !== "equivalent").length;
    return `<tr><th scope="row">${escapeHtml(name)}</th><td>${noticed}/${possible}</td><td>${group.map(cell).join("")}</td></tr>`;
  };
  const sorted = [...rows].sort(([a], [b]) => a.localeCompare(b));
  return `<table class="matrix"><thead><tr><th scope="col">RPC or family</th><th scope="col">noticed</th><th scope="col">faults</th></tr></thead><tbody>${sorted.map(row).join("")}</tbody></table>`;
}

function faultTable(faults: readonly FaultResult[]): string {
  if (faults.length === 0) return "<p>None.</p>";
  const row = ({ id, title, verdict, level, trials, untried, reason, upstream }: FaultResult): string => {
    const link = upstream === undefined ? "" : ` <a href="${escapeHtml(upstream)}">seen before</a>`;
    const tried = trials.map(trialText).join("; ");
    const more = untried > 0 ? ` (${untried} more were not tried)` : "";
    return `<tr class="${verdict}"><td><code>${escapeHtml(id)}</code></td><td>${escapeHtml(title)}${link}</td><td>${level ?? ""}</td><td>${escapeHtml(reason ?? (tried === "" ? "no spec touches it" : tried + more))}</td></tr>`;
  };
  return `<table><thead><tr><th scope="col">id</th><th scope="col">the runtime</th><th scope="col">level</th><th scope="col">specs</th></tr></thead><tbody>${faults.map(row).join("")}</tbody></table>`;
}

function trialText({ spec, end, reason }: Trial): string {
  return end === "passed" || reason === "" ? `${spec} ${end}` : `${spec} ${end}: ${reason}`;
}

function specTables({ specs, specsWithoutKill, notProvable }: ProveResults): string {
  const list = (ids: readonly string[]): string =>
    ids.length === 0 ? "<p>None.</p>" : `<p>${ids.map(escapeHtml).join(", ")}</p>`;
  const rows = specs.map(
    ({ id, title, kills, alone, tried }) =>
      `<tr><td>${escapeHtml(id)}</td><td>${escapeHtml(title)}</td><td>${kills.length}</td><td>${tried}</td><td>${alone.map((fault) => `<code>${escapeHtml(fault)}</code>`).join(" ")}</td></tr>`,
  );
  const failed = notProvable.filter(({ status }) => status !== "notApplicable");
  return `<h3>Failed by no fault (${specsWithoutKill.length})</h3>${list(specsWithoutKill)}
<h3>Did not pass without a fault (${failed.length})</h3><ul>${failed.map(({ id, status, reason }) => `<li>${escapeHtml(`${id} ${status}: ${reason}`)}</li>`).join("")}</ul>
<details><summary>All specs, and the faults that each alone notices</summary><table><thead><tr><th scope="col">id</th><th scope="col">behaviour</th><th scope="col">faults noticed</th><th scope="col">tried</th><th scope="col">alone</th></tr></thead><tbody>${rows.join("")}</tbody></table></details>`;
}
