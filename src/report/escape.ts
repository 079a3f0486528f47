/**
 * Makes text that came from a runtime or a container harmless wherever it is shown: no control of a terminal, no
 * markup, no reordering of the text around it, no half characters, no endless length.
 */

/**
 * Characters that are not shown themselves but change how others are: C0 and C1 controls but tab and newline, soft
 * hyphen, zero-width and bidirectional controls, line separators, tags, characters XML cannot carry, and halves of
 * surrogate pairs.
 */
const HIDDEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\u{e0000}-\u{e0fff}]|\p{Surrogate}/gu;

/** Shows hidden characters as escapes such as `\x1b`; newlines and tabs stay. Halves of surrogate pairs become U+FFFD. */
export function harmless(text: string): string {
  return text.replace(HIDDEN, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code >= 0xd800 && code <= 0xdfff) return "\ufffd";
    if (code === 0x0d) return "\\r";
    if (code <= 0xff) return `\\x${code.toString(16).padStart(2, "0")}`;
    return code <= 0xffff ? `\\u${code.toString(16).padStart(4, "0")}` : `\\u{${code.toString(16)}}`;
  });
}

/**
 * Writes hidden characters in JSON as its own escapes, so that a terminal or an editor shows them; what is read from the
 * JSON stays the same.
 */
export function harmlessJson(json: string): string {
  return json.replace(HIDDEN, (character) =>
    character
      .split("")
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}

/** Replaces halves of surrogate pairs, which UTF-8 cannot carry, by U+FFFD. */
export function withoutHalves(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\ufffd");
}

/** Like {@link harmless}, on one line: newlines and tabs are shown as `\n` and `\t`. */
export function harmlessLine(text: string): string {
  return harmless(text).replaceAll("\n", "\\n").replaceAll("\t", "\\t");
}

/** Room for the sentence in the middle of a shortened text. */
const MARK_CHARS = 40;

/**
 * Shortens a text to at most `limitChars` UTF-16 units (and at least the {@link MARK_CHARS} of the mark): its beginning
 * and its end stay, and between them stands how much was cut.
 */
export function cut(text: string, limitChars: number): string {
  if (text.length <= Math.max(limitChars, MARK_CHARS)) return text;
  const keptChars = Math.max(limitChars - MARK_CHARS, 0);
  const tailChars = Math.floor(keptChars / 4);
  const head = text.slice(0, keptChars - tailChars).replace(/[\ud800-\udbff]$/, "");
  const tail = text.slice(text.length - tailChars).replace(/^[\udc00-\udfff]/, "");
  return `${head}[... ${text.length - head.length - tail.length} characters cut ...]${tail}`;
}

/** Escapes text for HTML, in elements and in quoted attributes. */
export function escapeHtml(text: string): string {
  return harmless(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/**
 * Escapes text for running Markdown text and table cells, on one line. An empty comment after `@` and `#` keeps GitHub
 * from turning a name into a mention and a number into a link.
 */
export function escapeMarkdown(text: string): string {
  return harmlessLine(text)
    .trim()
    .replace(/&/g, "&amp;")
    .replace(/[\\`*_[\]|~]/g, "\\$&")
    .replace(/^(\d*)([-+=#.)])/, "$1\\$2")
    .replace(/[@#](?=\w)|:(?=\/\/)/g, "$&\0")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replaceAll("\0", "<!-- -->");
}

/** Writes text as a Markdown code span, on one line, fit for a table cell. */
export function markdownCode(text: string): string {
  const line = harmlessLine(text).replaceAll("|", "\\|");
  if (line.trim() === "") return "` `";
  const ticks = fenceOf(line, 1);
  const pad = line.startsWith("`") || line.endsWith("`") ? " " : "";
  return `${ticks}${pad}${line}${pad}${ticks}`;
}

/** Writes text as a fenced Markdown code block with a fence that the text cannot close. */
export function markdownBlock(text: string): string {
  const block = harmless(text);
  const fence = fenceOf(block, 3);
  return `${fence}text\n${block}\n${fence}`;
}

function fenceOf(text: string, leastTicks: number): string {
  const longestRun = [...text.matchAll(/`+/g)].reduce((longest, [run]) => Math.max(longest, run.length), 0);
  return "`".repeat(longestRun >= leastTicks ? longestRun + 1 : leastTicks);
}
