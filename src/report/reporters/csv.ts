import { cut, harmless } from "../escape.js";
import type { RunResults, SpecResult } from "../model.js";
import type { Reporter } from "./reporter.js";

/** A spreadsheet cell holds no more than 32,767 characters. */
const CELL_LIMIT_CHARS = 8_000;

const COLUMNS: Record<string, (spec: SpecResult) => string | number | boolean> = {
  id: (spec) => spec.id,
  title: (spec) => spec.title,
  area: (spec) => spec.area,
  level: (spec) => spec.level,
  verdict: (spec) => spec.verdict,
  asExpected: (spec) => spec.asExpected,
  reason: (spec) => spec.reason,
  durationMs: (spec) => Math.round(spec.durationMs * 1000) / 1000,
  attempts: (spec) => spec.attempts.length,
  clause: (spec) => spec.clause,
  rpcs: (spec) => spec.rpcs.join(" "),
  needs: (spec) => spec.needs.join(" "),
  tags: (spec) => spec.tags.join(" "),
};

/** results.csv: one line per spec, as RFC 4180 has it, for spreadsheets. */
export const csvReporter: Reporter = {
  fileName: "results.csv",
  render(results: RunResults) {
    const rows = results.specs.map((spec) => Object.values(COLUMNS).map((column) => cell(column(spec))));
    return [Object.keys(COLUMNS), ...rows].map((row) => `${row.join(",")}\r\n`).join("");
  },
};

/** A text that begins like a formula is kept from being one by an apostrophe, as spreadsheets understand it. */
function cell(value: string | number | boolean): string {
  if (typeof value !== "string") return String(value);
  const text = harmless(cut(value, CELL_LIMIT_CHARS));
  const plain = /^\s*[=+\-@]/.test(text) ? `'${text}` : text;
  return /[",\n\r']/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
