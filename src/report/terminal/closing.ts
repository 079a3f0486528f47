import { formatDurationMs } from "../../support/duration.js";
import { concludeRun, tookText } from "../conclusion.js";
import type { RunResults, SpecResult } from "../model.js";
import {
  countStandings,
  groupByArea,
  inReadingOrder,
  listCounts,
  standingOf,
  STANDING_NAMES,
  STANDINGS,
  type Standing,
} from "../standing.js";
import { TONE_STYLES, type Paint } from "./colours.js";
import { fitLine, printableLine, tableLines, widthOf, wrapText } from "./layout.js";

const SLOWEST_SHOWN = 5;
/** A spec faster than this is not worth naming among the slowest. */
const SLOW_MS = 1_000;
/** More ids than this are not worth typing again. */
const IDS_SHOWN = 12;

export interface ClosingStyle {
  columns: number;
  paint: Paint;
  quiet: boolean;
}

/** Where the reports are, for the closing lines. */
export interface ReportPlaces {
  folder: string;
  /** Path of report.html when there is one. */
  html?: string;
}

/**
 * What is printed after the last spec: the slowest specs, the table of verdicts, findings, the verdict in one sentence,
 * and what to do next as the last line.
 */
export function closingLines(results: RunResults, places: ReportPlaces, style: ClosingStyle): string[] {
  const { columns, paint, quiet } = style;
  const { sentence, early, tone } = concludeRun(results);
  const wrapped = (text: string) => wrapText(printableLine(text), columns);
  const details = quiet ? [] : [...slowestLines(results.specs, style), ...verdictTable(results.specs, style)];
  return [
    ...details,
    ...findingLines(results, style),
    ...unexpectedLines(results.specs, style),
    ...wrapped(sentence).map((line) => paint(TONE_STYLES[tone], paint("bold", line))),
    ...(early === "" ? [] : wrapped(early).map((line) => paint("yellow", line))),
    ...(quiet ? [] : wrapped(`${results.end ? `${tookText(results.end)}; ` : ""}reports are in ${places.folder}`)),
    // Not wrapped, so that a command can be copied as it is.
    printableLine(nextStep(results, places)),
  ];
}

function slowestLines(specs: readonly SpecResult[], { columns, paint }: ClosingStyle): string[] {
  const slowest = specs
    .filter((spec) => spec.durationMs >= SLOW_MS)
    .sort((a, b) => b.durationMs - a.durationMs)
    .slice(0, SLOWEST_SHOWN);
  if (slowest.length === 0) return [];
  const lines = slowest.map((spec) => {
    const line = `  ${formatDurationMs(spec.durationMs).padStart(6)}  ${spec.id}  ${printableLine(spec.title)}`;
    return fitLine(line, columns);
  });
  return [paint("bold", "slowest"), ...lines, ""];
}

/** Verdicts by area and by level; as sentences where a table is too wide. */
function verdictTable(specs: readonly SpecResult[], { columns, paint }: ClosingStyle): string[] {
  if (specs.length === 0) return [];
  const all = countStandings(specs);
  const shown = STANDING_NAMES.filter((name) => all[name] > 0);
  const groups: [string, readonly SpecResult[]][] = [
    ...[...groupByArea(specs)].sort(([a], [b]) => (a < b ? -1 : 1)),
    ...(["required", "recommended", "optional"] as const).map((level): [string, readonly SpecResult[]] => [
      level,
      specs.filter((spec) => spec.level === level),
    ]),
    ["all", specs],
  ].filter((group): group is [string, readonly SpecResult[]] => (group[1] ?? []).length > 0);
  const rows = groups.map(([name, group]) => {
    const counts = countStandings(group);
    return [
      printableLine(name),
      ...shown.map((standing) => (counts[standing] > 0 ? String(counts[standing]) : "-")),
      String(group.length),
    ];
  });
  const [head = "", ...lines] = tableLines([["", ...shown.map((name) => STANDINGS[name].word), "specs"], ...rows]);
  if (Math.max(...[head, ...lines].map(widthOf)) > columns)
    return [...groups.map(([name, group]) => countsLine(name, group, columns)), ""];
  return [paint("bold", head), ...lines, ""];
}

function countsLine(name: string, specs: readonly SpecResult[], columns: number): string {
  return fitLine(`${printableLine(name)}: ${listCounts(countStandings(specs))}`, columns);
}

function findingLines(results: RunResults, { columns, paint }: ClosingStyle): string[] {
  return results.findings.flatMap(({ about, title, details }) => [
    ...wrapText(printableLine(`finding about the ${about}: ${title}`), columns).map((line) => paint("yellow", line)),
    ...details.slice(0, 5).flatMap((detail) => wrapText(`  ${printableLine(detail)}`, columns, 4)),
    ...(details.length > 5 ? [`  (${details.length - 5} more in the report)`] : []),
  ]);
}

function unexpectedLines(specs: readonly SpecResult[], { columns, paint }: ClosingStyle): string[] {
  const unexpected = inReadingOrder(specs).filter((spec) => !spec.asExpected);
  const lines = STANDING_NAMES.flatMap((standing) => {
    const ids = unexpected.filter((spec) => standingOf(spec) === standing).map((spec) => spec.id);
    if (ids.length === 0) return [];
    const text = `${STANDINGS[standing].word}: ${shorten(ids)}`;
    return wrapText(text, columns, 2).map((line) => paint(TONE_STYLES[STANDINGS[standing].tone], line));
  });
  return lines.length === 0 ? [] : [...lines, ""];
}

function shorten(ids: readonly string[]): string {
  if (ids.length <= IDS_SHOWN) return ids.join(", ");
  return `${ids.slice(0, IDS_SHOWN).join(", ")} and ${ids.length - IDS_SHOWN} more`;
}

function nextStep(results: RunResults, { folder, html }: ReportPlaces): string {
  const ids = (...standings: Standing[]) =>
    results.specs.filter((spec) => standings.includes(standingOf(spec))).map((spec) => spec.id);
  const where = html ?? folder;
  const failed = ids("failed", "flaky");
  const choice = (which: string[]) =>
    which.length <= IDS_SHOWN ? `--ids ${which.join(",")}` : `--rerun-failed ${folder}`;
  const again = (which: string[]) => `, then run only these again: critique run ${choice(which)}`;
  if (results.end?.how === "runtimeLost")
    return `Next: start the runtime again, then run what is left: critique run --resume ${folder}`;
  if (failed.length > 0)
    return `Next: read what failed in ${where}${html === undefined ? "" : `#${failed[0] ?? ""}`}${again(failed)}`;
  const unexpected = results.specs.find((spec) => standingOf(spec) === "unexpectedPass");
  if (unexpected)
    return `Next: remove ${unexpected.id} from the known failures (${unexpected.knownFailure?.where ?? ""}).`;
  if (results.findings.some(({ isDeviation }) => isDeviation))
    return `Next: correct what the findings name, in the runtime, its configuration or its declaration; the full report is ${where}`;
  const broken = ids("broken");
  if (broken.length > 0) return `Next: critique doctor says what this host lacks${again(broken)}`;
  const notRun = ids("notRun");
  if (notRun.length > 0) return `Next: run what is left: critique run --resume ${folder}`;
  return `Next: nothing to mend; the full report is ${where}`;
}
