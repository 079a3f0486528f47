import { builtinExpectations } from "../config/builtin-expectations.js";
import { parseExpectations } from "../config/expectations.js";
import type { RuntimeIdentity } from "../config/preflight.js";
import { readTextFile } from "../config/read-text-file.js";
import type { Expectations } from "../report/results.js";
import type { Invocation } from "./invocation.js";
import { tell } from "./terminal.js";

/** The word for `--expectations` that means the list which comes with the suite. */
export const BUILTIN = "builtin";

/**
 * Reads a list of known failures.
 * @throws UsageError when it cannot be read or is wrong
 */
export async function readExpectations(file: string, knownIds: readonly string[]): Promise<Expectations> {
  return parseExpectations(await readTextFile(file, "list of known failures"), file, knownIds);
}

/** Reads the list that comes with the suite for a runtime, and says which one it is. */
export async function readBuiltinExpectations(
  { options, terminal }: Invocation,
  identity: RuntimeIdentity,
  knownIds: readonly string[],
): Promise<Expectations> {
  const file = await builtinExpectations(identity, options.runtimeHandler ?? "", "txt");
  const what = file ?? `none for ${identity.name} ${identity.version}`;
  if (!options.quiet) tell(terminal, `known failures: ${what}`);
  return file === undefined ? () => undefined : readExpectations(file, knownIds);
}
