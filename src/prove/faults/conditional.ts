import type { BaselineRecord } from "../result/model.js";
import { declarationFor, isTexts, parseDeclarations, type Declaration } from "./declarations.js";

/** A declaration that only these specs touch some faults. */
interface ConditionalDeclaration extends Declaration {
  specs: string[];
}

/**
 * Faults that only specs with a condition can notice: those that send or look at a field where host and runtime have the
 * feature. Where none of these specs applies, the feature is not there to be wrong.
 */
export class ConditionalFaults {
  private constructor(private readonly find: (id: string) => ConditionalDeclaration | undefined) {}

  /**
   * Reads declarations: a YAML list of `faults` (ids or globs) and the ids of all `specs` that touch them anywhere.
   *
   * @throws UsageError where the text is none, or where a pattern matches no fault
   */
  static parse(text: string, file: string, knownIds: readonly string[]): ConditionalFaults {
    const declarations = parseDeclarations<ConditionalDeclaration>(text, file, knownIds, {
      words: "`specs`, a list of the ids of all specs that touch them where they apply",
      isEntry: ({ specs }) => isTexts(specs),
    });
    return new ConditionalFaults(declarationFor(declarations));
  }

  /**
   * Why nothing can be wrong there in this run: what each of the specs named gave as the reason why it does not apply. Undefined
   * where the fault is not declared, or where one of the specs applies and so ought to touch it.
   */
  absence(id: string, records: readonly BaselineRecord[]): string | undefined {
    const declaration = this.find(id);
    if (!declaration) return undefined;
    const found = records.filter((record) => declaration.specs.includes(record.id));
    if (found.length === 0 || found.some(({ status }) => status !== "notApplicable")) return undefined;
    const reasons = new Set(found.map(({ reason }) => reason));
    return `${found.map((record) => record.id).join(", ")} not applicable: ${[...reasons].join("; ")}`;
  }
}
