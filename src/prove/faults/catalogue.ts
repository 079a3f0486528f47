import { derivedFaults } from "./derived.js";
import type { Fault, FaultFamily } from "./fault.js";
import { semanticFaults } from "./semantic/index.js";
import { transportFaults } from "./transport.js";

/** Which faults. */
export interface FaultChoice {
  /** Ids and globs; empty means all. */
  ids?: readonly string[];
  families?: readonly FaultFamily[];
}

/**
 * Every fault there is, in the order of the contract.
 * @throws Error when two have the same id
 */
export function allFaults(): Fault[] {
  const faults = [...derivedFaults(), ...semanticFaults(), ...transportFaults()];
  const ids = new Set<string>();
  for (const { id } of faults) {
    if (ids.has(id)) throw new Error(`Fault "${id}" is declared twice; give the second one another name.`);
    ids.add(id);
  }
  return faults;
}

/** The faults that a choice names. */
export function chooseFaults(faults: readonly Fault[], { ids = [], families = [] }: FaultChoice): Fault[] {
  const patterns = ids.map(globPattern);
  return faults.filter(
    ({ id, family }) =>
      (families.length === 0 || families.includes(family)) &&
      (patterns.length === 0 || patterns.some((pattern) => pattern.test(id))),
  );
}

/** A glob as a regular expression: `*` stands for any characters, `?` for one. */
export function globPattern(glob: string): RegExp {
  const source = glob
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`);
}
