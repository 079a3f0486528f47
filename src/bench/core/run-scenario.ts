import { applyLoad, type LoadShape } from "./load-shape.js";
import { ScenarioExecution, type ProgressListener, type ScenarioRun } from "./scenario-execution.js";
import type { Scenario, ScenarioContext } from "./scenario.js";
import { warmUp } from "./sequential.js";
import type { WarmupPlan } from "./steady-state.js";

export interface ScenarioRunOptions {
  samples: number;
  warmup: number | WarmupPlan;
  shape: LoadShape;
  onProgress?: ProgressListener;
}

/** Sets a scenario up, warms it up, measures it and cleans up after it, whatever happens in between. */
export async function runScenario(
  scenario: Scenario,
  context: Omit<ScenarioContext, "note">,
  { samples, warmup, shape, onProgress }: ScenarioRunOptions,
): Promise<ScenarioRun> {
  const execution = new ScenarioExecution(scenario, context, shape, onProgress);
  const { loop } = execution;
  try {
    await execution.setUp();
    if (!loop.signal.aborted) execution.warmup = await warmUp(loop, warmup);
    if (!loop.signal.aborted) execution.pace = await applyLoad(shape, loop, samples);
  } catch (error) {
    await execution.finish();
    throw error;
  }
  return execution.finish();
}
