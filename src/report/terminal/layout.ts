import { cut, harmlessLine } from "../escape.js";

/** The longest text printed on a line of its own, before it is wrapped. */
const LINE_LIMIT_CHARS = 1_000;

/**
 * Characters that take two columns, roughly: East Asian wide ones and emoji. Text of the suite has none; this keeps a
 * runtime's text from breaking the lines.
 */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const MARK = /\p{Mark}/u;

/** Text from anywhere, fit to be part of a line. */
export function printableLine(text: string): string {
  return harmlessLine(cut(text, LINE_LIMIT_CHARS));
}

/** How many columns a harmless, uncoloured line takes on a terminal. */
export function widthOf(line: string): number {
  let width = 0;
  for (const character of line) width += MARK.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}

/** Shortens a line to at most `columns` columns. */
export function fitLine(line: string, columns: number): string {
  if (widthOf(line) <= columns) return line;
  let kept = "";
  let width = 0;
  for (const character of line) {
    width += widthOf(character);
    if (width > columns - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/**
 * Breaks text into lines of at most `columns` columns, at spaces where possible. Newlines of the text stay.
 *
 * @param hang how many spaces begin every line but the first
 */
export function wrapText(text: string, columns: number, hang = 0): string[] {
  const lines: string[] = [];
  const indent = " ".repeat(hang);
  for (const paragraph of text.split("\n")) {
    let line = lines.length === 0 ? "" : indent;
    let isEmpty = true;
    for (const word of paragraph.split(" ").flatMap((part) => breakWord(part, columns - hang))) {
      if (!isEmpty && widthOf(line) + 1 + widthOf(word) > columns) {
        lines.push(line);
        line = indent + word;
      } else {
        line += isEmpty ? word : ` ${word}`;
      }
      isEmpty = false;
    }
    lines.push(line);
  }
  return lines;
}

function breakWord(word: string, columns: number): string[] {
  const room = Math.max(columns, 8);
  if (widthOf(word) <= room) return [word];
  const parts: string[] = [];
  let part = "";
  let width = 0;
  for (const character of word) {
    width += widthOf(character);
    if (width > room) {
      parts.push(part);
      part = "";
      width = widthOf(character);
    }
    part += character;
  }
  return [...parts, part];
}

/** A table of plain cells; the first column is aligned left, the others right. */
export function tableLines(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => widthOf(row[column] ?? ""))));
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const pad = " ".repeat((widths[column] ?? 0) - widthOf(cell));
        return column === 0 ? cell + pad : pad + cell;
      })
      .join("  ")
      .trimEnd(),
  );
}
