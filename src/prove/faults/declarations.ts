import { parse } from "yaml";
import { UsageError } from "../../config/errors.js";
import { globPattern } from "./catalogue.js";

/** An entry of a list about faults. */
export interface Declaration {
  /** Ids or globs. */
  faults: string[];
}

/** What the entries of a list are to be. */
export interface DeclarationRule<T extends Declaration> {
  /** The entry in words, after "each entry has `faults`, a list of ids or globs, and ". */
  words: string;
  isEntry: (entry: Partial<T>) => boolean;
}

/**
 * Reads a YAML list about faults.
 *
 * @param knownIds every fault there is: a pattern that matches none is an error, as what it was about is gone
 * @throws UsageError where the text is no such list
 */
export function parseDeclarations<T extends Declaration>(
  text: string,
  file: string,
  knownIds: readonly string[],
  { words, isEntry }: DeclarationRule<T>,
): T[] {
  const content: unknown = parse(text);
  const rule = `each entry has \`faults\`, a list of ids or globs, and ${words}`;
  if (!Array.isArray(content)) throw new UsageError(`${file}: this is no list; ${rule}.`);
  return (content as unknown[]).map((given, index) => {
    const entry = (given ?? {}) as Partial<T>;
    if (!isTexts(entry.faults) || !isEntry(entry)) {
      throw new UsageError(`${file}: entry ${index + 1} is not understood: ${rule}.`);
    }
    const unknown = entry.faults.find((glob) => !knownIds.some((id) => globPattern(glob).test(id)));
    if (unknown !== undefined) {
      throw new UsageError(`${file}: "${unknown}" is the id of no fault; correct it or remove it.`);
    }
    return entry as T;
  });
}

/** Whether a value is a text that says something. */
export const isText = (value: unknown): value is string => typeof value === "string" && value.trim() !== "";

/** Whether a value is a list of such texts, with one at least. */
export const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length > 0 && value.every(isText);

/** Finds the entry that names a fault. */
export function declarationFor<T extends Declaration>(declarations: readonly T[]): (id: string) => T | undefined {
  const rules = declarations.flatMap((entry) => entry.faults.map((glob) => ({ pattern: globPattern(glob), entry })));
  return (id) => rules.find(({ pattern }) => pattern.test(id))?.entry;
}
