import { parse } from "yaml";
import { UsageError } from "../../config/errors.js";
import { globPattern } from "./catalogue.js";

/** A declaration that some faults make no difference. */
interface Declaration {
  faults: string[];
  reason: string;
}

/** Faults that are declared equivalent: they change nothing that the contract speaks of. */
export class EquivalentFaults {
  readonly #rules: { pattern: RegExp; reason: string }[];

  private constructor(declarations: readonly Declaration[]) {
    this.#rules = declarations.flatMap(({ faults, reason }) =>
      faults.map((glob) => ({ pattern: globPattern(glob), reason })),
    );
  }

  /**
   * Reads declarations: a YAML list of `faults` (ids or globs) and the `reason` why they make no difference.
   *
   * @param knownIds every fault there is: a pattern that matches none is an error, as what it excused is gone
   * @throws UsageError where the text is none
   */
  static parse(text: string, file: string, knownIds: readonly string[]): EquivalentFaults {
    const content: unknown = parse(text);
    const rule = "each entry has `faults`, a list of ids or globs, and `reason`, a sentence";
    if (!Array.isArray(content)) throw new UsageError(`${file}: this is no list; ${rule}.`);
    for (const [index, entry] of (content as unknown[]).entries()) {
      if (!isDeclaration(entry)) throw new UsageError(`${file}: entry ${index + 1} is not understood: ${rule}.`);
      const unknown = entry.faults.find((glob) => !knownIds.some((id) => globPattern(glob).test(id)));
      if (unknown !== undefined) {
        throw new UsageError(`${file}: "${unknown}" is the id of no fault; correct it or remove it.`);
      }
    }
    return new EquivalentFaults(content as Declaration[]);
  }

  /** Why a fault makes no difference, if it is declared so. */
  reasonFor(id: string): string | undefined {
    return this.#rules.find(({ pattern }) => pattern.test(id))?.reason;
  }
}

function isDeclaration(entry: unknown): entry is Declaration {
  const { faults, reason } = (entry ?? {}) as Partial<Declaration>;
  const isText = (value: unknown): boolean => typeof value === "string" && value.trim() !== "";
  return Array.isArray(faults) && faults.length > 0 && faults.every(isText) && isText(reason);
}
