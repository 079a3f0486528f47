import { declarationFor, isText, parseDeclarations, type Declaration } from "./declarations.js";

/** A declaration that some faults make no difference. */
interface EquivalentDeclaration extends Declaration {
  reason: string;
}

/** Faults that are declared equivalent: they change nothing that the contract speaks of. */
export class EquivalentFaults {
  private constructor(private readonly find: (id: string) => EquivalentDeclaration | undefined) {}

  /**
   * Reads declarations: a YAML list of `faults` (ids or globs) and the `reason` why they make no difference.
   *
   * @param knownIds every fault there is: a pattern that matches none is an error, as what it excused is gone
   * @throws UsageError where the text is none
   */
  static parse(text: string, file: string, knownIds: readonly string[]): EquivalentFaults {
    const declarations = parseDeclarations<EquivalentDeclaration>(text, file, knownIds, {
      words: "`reason`, a sentence",
      isEntry: ({ reason }) => isText(reason),
    });
    return new EquivalentFaults(declarationFor(declarations));
  }

  /** Why a fault makes no difference, if it is declared so. */
  reasonFor(id: string): string | undefined {
    return this.find(id)?.reason;
  }
}
