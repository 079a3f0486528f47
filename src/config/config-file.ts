import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Node } from "yaml";
import { UsageError } from "./errors.js";
import { didYouMean } from "./nearest.js";

/** A key that a configuration file may have. */
export interface ConfigKey {
  key: string;
  /** A switch takes true or false; a value takes text or a number; an optional value takes either. */
  takes: "switch" | "value" | "optionalValue";
  /** Whether several values may be given as a list; they become several texts, or one with commas. */
  list: "no" | "texts" | "commas";
}

/** What a file says of one key. */
export interface ConfigEntry {
  /** The texts as if they had been options' arguments; a switch, and an optional value left out, give one empty text. */
  texts: string[];
  /** Where it says so, `file:line`. */
  where: string;
}

/**
 * Reads a configuration file: a YAML mapping of option names to values. A switch that is false is left out.
 *
 * @throws UsageError with the line number when it is no such mapping, or a key or a kind of value is wrong
 */
export function parseConfigFile(text: string, file: string, keys: readonly ConfigKey[]): Map<string, ConfigEntry> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number | undefined): string => `${file}:${lines.linePos(offset ?? 0).line || 1}`;
  const [error] = document.errors;
  if (error) throw new UsageError(`${at(error.pos[0])}: ${error.message.replace(/\.$/, "")}; the file must be YAML.`);

  const entries = new Map<string, ConfigEntry>();
  if (document.contents === null) return entries;
  if (!isMap(document.contents)) {
    throw new UsageError(`${at(document.contents.range?.[0])}: the file must hold lines like "parallel: 4".`);
  }
  for (const pair of document.contents.items) {
    const name = isScalar(pair.key) ? String(pair.key.value) : "?";
    const where = at((pair.key as Node).range?.[0]);
    const key = keys.find((candidate) => candidate.key === name);
    if (!key) {
      const known = keys.map((candidate) => candidate.key);
      throw new UsageError(
        `${where}: there is no option "${name}"${didYouMean(name, known) || "; see `critique run --help`, and leave out the dashes"}`,
      );
    }
    const texts = readTexts(pair.value, key, where);
    if (texts) entries.set(name, { texts, where });
  }
  return entries;
}

function readTexts(node: Node | null, key: ConfigKey, where: string): string[] | undefined {
  if (isSeq(node)) {
    if (key.list === "no") throw new UsageError(`${where}: "${key.key}" takes one value, not a list.`);
    const texts = node.items.map((item) => scalarText(item as Node, key, where));
    if (texts.length === 0) throw new UsageError(`${where}: the list of "${key.key}" is empty; leave the line out.`);
    return key.list === "texts" ? texts : [texts.join(",")];
  }
  if (isScalar(node) && typeof node.value === "boolean" && key.takes !== "value") return node.value ? [""] : undefined;
  if (key.takes === "switch") throw new UsageError(`${where}: "${key.key}" takes true or false.`);
  return [scalarText(node, key, where)];
}

function scalarText(node: Node | null, key: ConfigKey, where: string): string {
  const value = isScalar(node) ? node.value : undefined;
  if (isScalar(node) && typeof value === "number") return node.source ?? String(value);
  if (typeof value === "string" && value !== "") return value;
  throw new UsageError(`${where}: "${key.key}" needs a value: text or a number on the same line.`);
}
