import { HarnessLoadMeter, type HarnessLoad } from "../core/harness-load.js";
import type { ScenarioEnd } from "../core/scenario-execution.js";
import { NotApplicableError, type CostScenario, type Observation, type ScenarioContext } from "../core/scenario.js";

/** What running a cost scenario gave. */
export interface CostRun {
  scenario: CostScenario;
  end: ScenarioEnd;
  observations: Observation[];
  harness: HarnessLoad;
}

export async function runCostScenario(
  scenario: CostScenario,
  context: Omit<ScenarioContext, "note">,
): Promise<CostRun> {
  const meter = new HarnessLoadMeter();
  let observations: Observation[] = [];
  let end: ScenarioEnd = { state: "completed" };
  try {
    observations = await scenario.observe({ ...context, note: () => undefined });
  } catch (error) {
    const state = error instanceof NotApplicableError ? "notApplicable" : "failed";
    end = { state, reason: error instanceof Error ? error.message : String(error) };
  }
  if (context.signal.aborted) end = { state: "interrupted" };
  return { scenario, end, observations, harness: meter.stop() };
}
