import { formatDurationMs } from "../../support/duration.js";
import { concludeRun, tookText } from "../conclusion.js";
import { cut, escapeMarkdown, markdownBlock, markdownCode } from "../escape.js";
import { excuseKind, excuseKinds } from "../excuse-kinds.js";
import { describeCall, failedAttempt, reasonOf } from "../failure-text.js";
import type { Finding, RunInfo, RunResults, SpecResult, StreamingOffer } from "../model.js";
import {
  groupByArea,
  countStandings,
  inReadingOrder,
  listCounts,
  STANDING_NAMES,
  standingOf,
  STANDINGS,
  type Standing,
} from "../standing.js";
import { streamingMatrix } from "../streaming-matrix.js";
import type { Reporter } from "./reporter.js";

/** GitHub drops a step summary of more than 1 MiB as a whole, and a step may hold other text too. */
const LIMIT_BYTES = 900 * 1024;

/** Longest text of one expectation or of one reason. */
const TEXT_LIMIT_CHARS = 600;
const CALLS_LIMIT = 40;

/** Standings that a reader has to act on, each in a section of its own. */
const SECTIONS: readonly Standing[] = ["failed", "unexpectedPass", "broken", "flaky", "notRun"];
/** Standings that only need their reason, in one table each. */
const TABLES: readonly Standing[] = ["knownFailure", "notApplicable"];

/** summary.md: for a step summary or a pull request comment; what went wrong comes first. */
export const summaryReporter: Reporter = {
  fileName: "summary.md",
  render(results) {
    const page = new BoundedPage(LIMIT_BYTES);
    page.add(heading(results));
    page.add(areaTable(results.specs));
    const ordered = inReadingOrder(results.specs);
    for (const standing of SECTIONS)
      addSection(
        page,
        standing,
        ordered.filter((spec) => standingOf(spec) === standing),
      );
    for (const finding of results.findings) page.add(findingBlock(finding));
    for (const standing of TABLES)
      addTable(
        page,
        standing,
        ordered.filter((spec) => standingOf(spec) === standing),
      );
    if (results.streaming.length > 0) page.add(streamingTable(results.streaming));
    page.add(environment(results.run));
    return page.text();
  },
};

/** Collects blocks while there is room, and counts what was left out. */
class BoundedPage {
  readonly #blocks: string[] = [];
  #roomBytes: number;
  #left = 0;

  constructor(limitBytes: number) {
    this.#roomBytes = limitBytes;
  }

  /** @returns false when there was no room for the block. */
  add(block: string): boolean {
    const bytes = Buffer.byteLength(block) + 1;
    if (bytes > this.#roomBytes) {
      this.#left++;
      return false;
    }
    this.#roomBytes -= bytes;
    this.#blocks.push(block);
    return true;
  }

  /** Adds a few bytes that must not be missing, such as the end of an element; the limit leaves room for these. */
  close(block: string): void {
    this.#blocks.push(block);
  }

  text(): string {
    const left =
      this.#left > 0
        ? [`\n**${this.#left} more entries** are left out here for their size; report.html has them all.\n`]
        : [];
    return [...this.#blocks, ...left].join("\n");
  }
}

function heading(results: RunResults): string {
  const { sentence, early, tone } = concludeRun(results);
  const mark = { good: "✅", bad: "❌", unclear: "⚠️", neutral: "" }[tone];
  const took = results.end ? ` ${tookText(results.end)}.` : "";
  return [
    "# Critique: CRI conformance",
    "",
    `${mark} **${escapeMarkdown(sentence)}**`,
    "",
    `${listCounts(countStandings(results.specs))}.${took}${early === "" ? "" : ` **${escapeMarkdown(early)}**`}`,
    "",
    ...excuseKinds(results.specs).map((line) => `- ${line}`),
    "",
  ].join("\n");
}

function areaTable(specs: readonly SpecResult[]): string {
  if (specs.length === 0) return "";
  const total = countStandings(specs);
  const columns = STANDING_NAMES.filter((name) => total[name] > 0);
  const row = (name: string, group: readonly SpecResult[]): string => {
    const counts = countStandings(group);
    return `| ${[name, ...columns.map((column) => counts[column] || ""), group.length].join(" | ")} |`;
  };
  return [
    `| area | ${[...columns.map((column) => STANDINGS[column].word), "all"].join(" | ")} |`,
    `|---|${"--:|".repeat(columns.length + 1)}`,
    ...[...groupByArea(specs)].map(([area, group]) => row(escapeMarkdown(area), group)),
    row("**all**", specs),
    "",
  ].join("\n");
}

function addSection(page: BoundedPage, standing: Standing, specs: readonly SpecResult[]): void {
  if (specs.length === 0) return;
  const { word } = STANDINGS[standing];
  page.add(`## ${word.charAt(0).toUpperCase()}${word.slice(1)} (${specs.length})\n`);
  for (const spec of specs) page.add(standing === "notRun" ? notRunLine(spec) : specBlock(spec));
  if (standing === "notRun") page.close("");
}

function notRunLine(spec: SpecResult): string {
  return `- **${spec.id}** ${escapeMarkdown(spec.title)}: ${reasonText(spec)}`;
}

function specBlock(spec: SpecResult): string {
  const attempt = failedAttempt(spec);
  const outcome = attempt?.outcome;
  const lines = [
    `### ${spec.id} ${escapeMarkdown(spec.title)}`,
    "",
    `${spec.level} · ${markdownCode(spec.clause)} · ${formatDurationMs(spec.durationMs)}`,
    "",
  ];
  if (outcome?.status === "mismatch" && outcome.mismatches.length > 0) {
    lines.push("| expected | seen |", "|---|---|");
    for (const { subject, expected, seen } of outcome.mismatches)
      lines.push(`| ${code(`${subject} ${expected}`)} | ${code(seen)} |`);
    lines.push("");
    if (outcome.note !== undefined) lines.push(escapeMarkdown(cut(outcome.note, TEXT_LIMIT_CHARS)), "");
  }
  if (outcome?.status !== "mismatch" || spec.verdict === "flaky") lines.push(reasonText(spec), "");
  const cleanup = (attempt?.cleanup ?? []).map(
    (trouble) => `- clean-up: ${escapeMarkdown(cut(trouble, TEXT_LIMIT_CHARS))}`,
  );
  if (cleanup.length > 0) lines.push(...cleanup, "");
  const details = [...(attempt?.notes ?? []).map((note) => `note: ${note}`), ...callLines(spec)];
  if (details.length > 0) {
    lines.push(
      "<details><summary>Transcript</summary>",
      "",
      markdownBlock(cut(details.join("\n"), 8 * TEXT_LIMIT_CHARS)),
      "",
      "</details>",
      "",
    );
  }
  return lines.join("\n");
}

function callLines(spec: SpecResult): string[] {
  const calls = failedAttempt(spec)?.calls ?? [];
  const left = calls.length - CALLS_LIMIT;
  const shown = left > 0 ? calls.slice(-CALLS_LIMIT) : calls;
  return [...(left > 0 ? [`(${left} earlier calls)`] : []), ...shown.map(describeCall)];
}

function addTable(page: BoundedPage, standing: Standing, specs: readonly SpecResult[]): void {
  if (specs.length === 0) return;
  const { word } = STANDINGS[standing];
  const start = `<details><summary>${specs.length} ${word}</summary>\n\n| id | behaviour | kind | reason |\n|---|---|---|---|`;
  if (!page.add(start)) return;
  for (const spec of specs) {
    const kind = excuseKind(spec) ?? "";
    const reason = reasonOf(spec).replace(new RegExp(`^${kind}: `), "");
    const cells = [spec.id, escapeMarkdown(spec.title), kind, escapeMarkdown(cut(reason, TEXT_LIMIT_CHARS))];
    page.add(`| ${cells.join(" | ")} |`);
  }
  page.close("\n</details>\n");
}

function reasonText(spec: SpecResult): string {
  return escapeMarkdown(cut(reasonOf(spec), TEXT_LIMIT_CHARS));
}

function findingBlock(finding: Finding): string {
  const details = finding.details.map((detail) => `- ${escapeMarkdown(cut(detail, TEXT_LIMIT_CHARS))}`);
  return [`## ${escapeMarkdown(finding.title)} (${finding.about})`, "", ...details, ""].join("\n");
}

function streamingTable(streaming: readonly StreamingOffer[]): string {
  const { rpcs, rows } = streamingMatrix(streaming);
  const cell = (offered: true | string | undefined): string =>
    offered === true ? "yes" : escapeMarkdown(cut(offered ?? "", TEXT_LIMIT_CHARS));
  return [
    "<details><summary>Streaming transports</summary>",
    "",
    `| version | ${rpcs.map(escapeMarkdown).join(" | ")} |`,
    `|---|${"---|".repeat(rpcs.length)}`,
    ...rows.map(({ name, cells }) => `| ${[code(name), ...cells.map(cell)].join(" | ")} |`),
    "",
    "</details>",
    "",
  ].join("\n");
}

function environment(run: RunInfo): string {
  const facts = {
    runtime: `${run.runtime.name} ${run.runtime.version} (CRI ${run.runtime.apiVersion})`,
    handler: run.handler === "" ? "the runtime's default" : run.handler,
    endpoint: `${run.endpoint} (from ${run.endpointSource})`,
    ...run.host,
    critique: `${run.suiteVersion}, run ${run.runId}, seed ${run.seed}, ${run.parallel} in parallel`,
  };
  const rows = Object.entries(facts).map(([name, value]) => `| ${escapeMarkdown(name)} | ${code(String(value))} |`);
  return ["<details><summary>Environment</summary>", "", "| | |", "|---|---|", ...rows, "", "</details>", ""].join(
    "\n",
  );
}

function code(text: string): string {
  return markdownCode(cut(text, TEXT_LIMIT_CHARS));
}
