import { builtinExpectations } from "../config/builtin-expectations.js";
import { parseCapabilities } from "../config/capabilities.js";
import type { RuntimeIdentity } from "../config/preflight.js";
import { readTextFile } from "../config/read-text-file.js";
import type { CapabilityDeclaration } from "../report/model.js";
import type { Invocation } from "./invocation.js";
import { BUILTIN } from "./read-expectations.js";
import { tell } from "./terminal.js";

/**
 * Reads a declaration of a runtime's capabilities.
 * @throws UsageError when it cannot be read or is wrong
 */
export async function readCapabilities(file: string): Promise<CapabilityDeclaration> {
  const text = await readTextFile(file, "declaration of capabilities");
  const { DECLARABLE_FEATURES, FEATURES } = await import("../harness/features.js");
  return parseCapabilities(text, file, { declarable: DECLARABLE_FEATURES, all: Object.keys(FEATURES) });
}

/** Reads the file that `--capabilities` names, unless it is the one that comes with the suite. */
export function readGivenCapabilities({ options }: Invocation): Promise<CapabilityDeclaration | undefined> {
  const { capabilities } = options;
  return capabilities === undefined || capabilities === BUILTIN
    ? Promise.resolve(undefined)
    : readCapabilities(capabilities);
}

/** Reads the declaration that comes with the suite for a runtime where it was asked for, and says which one it is. */
export async function readBuiltinCapabilities(
  { options, terminal }: Invocation,
  identity: RuntimeIdentity,
): Promise<CapabilityDeclaration | undefined> {
  if (options.capabilities !== BUILTIN) return undefined;
  const file = await builtinExpectations(identity, options.runtimeHandler ?? "", "yaml");
  if (!options.quiet) {
    tell(terminal, `declared capabilities: ${file ?? `none for ${identity.name} ${identity.version}`}`);
  }
  return file === undefined ? undefined : readCapabilities(file);
}
