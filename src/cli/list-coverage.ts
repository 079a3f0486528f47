import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { UsageError } from "../config/errors.js";
import { coverageRecord, coverageSummary, gapsOf, type CoverageRecord, type FieldReach } from "../report/coverage.js";
import { ResultsFold } from "../report/results.js";
import { selectByOptions } from "./chosen-specs.js";
import type { Invocation } from "./invocation.js";
import type { OptionKey } from "./options.js";
import { newestRun, readRun } from "./run-folder.js";
import { printJson, printLine } from "./terminal.js";

const RECORDED = fileURLToPath(new URL("../../../fixtures/contract/coverage.json", import.meta.url));
const CHOOSING: readonly OptionKey[] = ["focus", "skip", "labelFilter", "ids", "level", "shard"];

/**
 * `critique list --coverage`: what the chosen specs of a run reached of the contract.
 * @throws UsageError when there is no such run
 */
export async function listCoverage(invocation: Invocation): Promise<void> {
  const { options, terminal, sources } = invocation;
  const folder = options.coverage || (await newestRun("reports").catch(() => undefined));
  const isChosen = CHOOSING.some((key) => sources.has(key));
  if (folder === undefined && isChosen) {
    throw new UsageError("--coverage: there is no run in reports/ to choose specs from; name the folder of a run.");
  }
  const record = folder === undefined ? await readRecorded() : await recordOf(folder, invocation);
  if (options.json) printJson(terminal, { source: folder ?? "recorded", ...record });
  else for (const line of describeCoverage(record, folder ?? "the recorded run")) printLine(terminal, line);
}

async function recordOf(folder: string, { options }: Invocation): Promise<CoverageRecord> {
  const { events } = await readRun(folder);
  const fold = new ResultsFold();
  for (const event of events) fold.add(event);
  const results = fold.results();
  if (!results.run.contract?.fields) {
    throw new UsageError(`--coverage: the run in ${folder} recorded no fields; run the suite again with this version.`);
  }
  return coverageRecord({ ...results, specs: selectByOptions(results.specs, options) });
}

async function readRecorded(): Promise<CoverageRecord> {
  return JSON.parse(await readFile(RECORDED, "utf8")) as CoverageRecord;
}

function describeCoverage(record: CoverageRecord, source: string): string[] {
  const { run, specs, rpcs, fields } = record;
  const gaps = gapsOf(record);
  const handler = run.handler === "" ? "" : `, handler ${run.handler}`;
  return [
    `Coverage of ${source}: ${run.runtime.name} ${run.runtime.version}${handler}, ${run.startedAt}, ` +
      `${specs.all} specs, of which ${specs.notRun} did not apply or did not run.`,
    ...coverageSummary(record),
    "",
    ...columns([
      ["RPC", "specs", "calls"],
      ...rpcs.map(({ rpc, calledBy, calls }) => [rpc, `${calledBy}`, `${calls}`]),
    ]),
    "",
    ...columns([["field", "sent by", "received by", "looked at by"], ...fields.map(fieldRow)]),
    ...gapLines(
      "RPCs that no spec called",
      gaps.notCalled.map(({ rpc, notCalled }) => [rpc, notCalled]),
    ),
    ...gapLines(
      "Fields of requests that no spec sent",
      gaps.notSent.map(({ field, notSent }) => [field, notSent]),
    ),
    ...gapLines(
      "Fields of replies that no expectation looked at",
      gaps.notAsserted.map(({ field, notAsserted }) => [field, notAsserted]),
    ),
  ];
}

function fieldRow({ field, windowsOnly, sentBy, receivedBy, assertedBy }: FieldReach): string[] {
  const cells = [sentBy, receivedBy, assertedBy].map((count) => (count === undefined ? "-" : `${count}`));
  return [windowsOnly ? `${field} (Windows)` : field, ...cells];
}

/** The first column to the left, the others to the right. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  "),
  );
}

function gapLines(title: string, gaps: readonly (readonly [string, string | undefined])[]): string[] {
  if (gaps.length === 0) return [];
  return ["", `${title}:`, ...gaps.map(([name, reason]) => `  ${name}${reason === undefined ? "" : `: ${reason}`}`)];
}
