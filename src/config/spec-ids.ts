import { UsageError } from "./errors.js";
import { didYouMean } from "./nearest.js";

/** What an id looks like, in the words of an error message. */
export const ID_RULE =
  "an id is three capital letters, a dash and three digits, such as CTR-027, and a pattern is one with * or ? in it, such as STR-*";

const ID = /^[A-Z]{3}-[0-9]{3}$/;
const GLOB = /^[A-Z?*]{1,3}(?:-[0-9?*]{1,3})?$/;

/** An id, or a pattern in which `*` stands for any characters and `?` for one. */
export interface IdPattern {
  text: string;
  matches: (id: string) => boolean;
}

/**
 * Reads an id or a pattern, and makes sure that it names a known spec.
 *
 * @throws UsageError when it is malformed or names no known spec, with the rule and the nearest known id
 */
export function parseIdPattern(text: string, knownIds: readonly string[]): IdPattern {
  const isGlob = /[*?]/.test(text) && GLOB.test(text);
  if (!isGlob && !ID.test(text)) {
    throw new UsageError(`"${text}" is no id: ${ID_RULE}${didYouMean(text, knownIds)}`);
  }
  const expression = new RegExp(`^${text.replaceAll("*", ".*").replaceAll("?", ".")}$`);
  const matches = (id: string): boolean => expression.test(id);
  if (knownIds.some(matches)) return { text, matches };
  throw new UsageError(
    isGlob
      ? `no spec has an id like "${text}"; \`critique list\` shows them all`
      : `there is no spec "${text}"${didYouMean(text, knownIds) || "; `critique list` shows them all"}`,
  );
}
