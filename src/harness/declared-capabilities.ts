import type { CapabilityDeclaration, Finding, Outcome } from "../report/model.js";
import type { FeatureName, Missing } from "./features.js";

/**
 * Compares what was declared of a runtime with what the probe found. Both directions count: a capability that the runtime
 * forgets to advertise, and one that it has although it should not.
 * @param probed feature name to true, or to the reason why not
 * @returns undefined where they agree
 */
export function compareCapabilities(
  { file, features }: CapabilityDeclaration,
  probed: Readonly<Record<string, true | string>>,
): Finding | undefined {
  const details = Object.entries(features).flatMap(([name, declared]) => {
    const found = probed[name];
    if (found === undefined || declared.has === (found === true)) return [];
    return declared.has
      ? [`${name}: declared present (${declared.where}), probed missing: ${String(found)}`]
      : [`${name}: declared missing (${declared.where}; ${declared.why}: ${declared.reason}), probed present`];
  });
  if (details.length === 0) return undefined;
  return { about: "runtime", title: `The runtime's capabilities are not those of ${file}`, details, isDeviation: true };
}

/**
 * What a spec ends with that needs a missing feature: it is not applicable, unless the feature was declared. Then the
 * runtime fails it, or a feature that it forgot to advertise would go unnoticed.
 */
export function outcomeOfMissing(
  { feature, reason, lack }: Missing & { feature: FeatureName },
  declaration: CapabilityDeclaration | undefined,
): Outcome {
  const declared = declaration?.features[feature];
  if (!declared?.has) return { status: "notApplicable", reason, lack };
  const expected = `to be present, as ${declared.where} declares`;
  return { status: "mismatch", mismatches: [{ subject: `the feature ${feature}`, expected, seen: reason }] };
}
