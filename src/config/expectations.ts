import type { FailureCategory, KnownFailure } from "../report/model.js";
import type { Expectations } from "../report/results.js";
import { UsageError } from "./errors.js";
import { parseIdPattern, type IdPattern } from "./spec-ids.js";

/**
 * Reads a list of known failures: one id or pattern per line, the reason and a link in the `#` lines right above. The
 * `#` lines hold for all the lines below them up to a blank line or the next `#` lines. A reason that begins with
 * `defect:`, `race:`, `unsupported:` or `default:` says of what kind the failure is; a race may be won, too.
 *
 * @param file name of the file, for messages and for {@link KnownFailure.where}
 * @param knownIds ids of all specs there are, selected or not
 * @throws UsageError with the line number when a line is no id or pattern, names no known spec, names one that an
 *   earlier line named, or has no reason: a list that nobody can check any more hides real failures
 */
export function parseExpectations(text: string, file: string, knownIds: readonly string[]): Expectations {
  const failures = new Map<string, KnownFailure>();
  let comment: string[] = [];
  let commentIsOpen = false;
  text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .forEach((line, index) => {
      const where = `${file}:${index + 1}`;
      const entry = line.trim();
      if (entry === "") {
        comment = [];
        commentIsOpen = false;
      } else if (entry.startsWith("#")) {
        if (!commentIsOpen) comment = [];
        commentIsOpen = true;
        comment.push(entry.replace(/^#+\s*/, ""));
      } else {
        commentIsOpen = false;
        const reason = readReason(comment, entry, where);
        const category = /^(defect|race|unsupported|default):/.exec(reason)?.[1] as FailureCategory | undefined;
        const failure = { pattern: entry, reason, ...(category && { category }), where };
        const pattern = readPattern(entry, where, knownIds);
        for (const id of knownIds.filter((known) => pattern.matches(known))) {
          const earlier = failures.get(id);
          if (earlier) {
            throw new UsageError(
              `${where}: ${id} is listed twice, here by "${entry}" and at ${earlier.where} by "${earlier.pattern}"; keep one of them.`,
            );
          }
          failures.set(id, failure);
        }
      }
    });
  return (id) => failures.get(id);
}

function readReason(comment: readonly string[], entry: string, where: string): string {
  const reason = comment.filter((line) => line !== "").join(" ");
  if (reason.replace(/https?:\/\/\S+/g, "").trim() !== "") return reason;
  throw new UsageError(
    `${where}: "${entry}" has no reason; say in a "#" line right above why it fails, and give a link.`,
  );
}

function readPattern(entry: string, where: string, knownIds: readonly string[]): IdPattern {
  try {
    return parseIdPattern(entry, knownIds);
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`${where}: ${error.message}`);
    throw error;
  }
}
