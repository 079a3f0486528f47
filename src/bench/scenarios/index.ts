import type { Scenario } from "../core/scenario.js";
import { podStartup } from "./pod-startup.js";

/** Every scenario by its name. */
export const SCENARIOS: ReadonlyMap<string, Scenario> = new Map(
  [podStartup].map((scenario) => [scenario.name, scenario]),
);

/** A scenario was asked for that does not exist. */
export class UnknownScenarioError extends Error {
  override name = "UnknownScenarioError";
}

/**
 * Chooses scenarios by name or by a pattern with `*`, in the order of the names given, each once.
 *
 * @throws UnknownScenarioError for a name or pattern that fits none.
 */
export function selectScenarios(names: readonly string[]): Scenario[] {
  const chosen = names.flatMap((name) => {
    const pattern = new RegExp(`^${name.replace(/[^a-zA-Z0-9*]/g, "\\$&").replaceAll("*", ".*")}$`);
    const matches = [...SCENARIOS.values()].filter((scenario) => pattern.test(scenario.name));
    if (matches.length > 0) return matches;
    throw new UnknownScenarioError(
      `Scenario "${name}" does not exist: choose from ${[...SCENARIOS.keys()].join(", ")}.`,
    );
  });
  return [...new Set(chosen)];
}
