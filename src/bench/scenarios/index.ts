import type { AnyScenario } from "../core/scenario.js";
import { containerLifecycle } from "./container-lifecycle.js";
import { densityScenarios } from "./density.js";
import { eventLatency } from "./event-latency.js";
import { execSync } from "./exec-sync.js";
import { imagePullScenarios } from "./image-pull.js";
import { listScenarios } from "./list.js";
import { logThroughput } from "./log-throughput.js";
import { podLifecycle } from "./pod-lifecycle.js";
import { podReady } from "./pod-ready.js";
import { podStartup } from "./pod-startup.js";
import { podTeardown } from "./pod-teardown.js";
import { streamingScenarios } from "./streaming.js";

const ALL: readonly AnyScenario[] = [
  podStartup,
  podReady,
  podTeardown,
  podLifecycle,
  containerLifecycle,
  execSync,
  ...streamingScenarios,
  eventLatency,
  logThroughput,
  ...imagePullScenarios,
  ...listScenarios,
  ...densityScenarios,
];

/** Every scenario by its name, in the order in which they are offered. */
export const SCENARIOS: ReadonlyMap<string, AnyScenario> = new Map(ALL.map((scenario) => [scenario.name, scenario]));

/** A scenario was asked for that does not exist. */
export class UnknownScenarioError extends Error {
  override name = "UnknownScenarioError";
}

/**
 * Chooses scenarios by name or by a pattern with `*`, in the order of the names given, each once.
 *
 * @throws UnknownScenarioError for a name or pattern that fits none.
 */
export function selectScenarios(names: readonly string[]): AnyScenario[] {
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
