import { coverageDocs } from "./coverage-docs.js";
import { critestParity } from "./critest-parity.js";

/** Pages that are made from declarations and fixtures: path in the checkout, and what makes the content. */
export const GENERATED_DOCS: ReadonlyMap<string, () => Promise<string>> = new Map([
  ["docs/coverage.md", coverageDocs],
  ["docs/critest-parity.md", critestParity],
]);
