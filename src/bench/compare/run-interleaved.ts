import { ScenarioExecution, type ProgressListener, type ScenarioRun } from "../core/scenario-execution.js";
import type { Scenario, ScenarioContext } from "../core/scenario.js";
import { runSequentially, warmUp } from "../core/sequential.js";
import type { WarmupPlan } from "../core/steady-state.js";
import { shuffled, type Random } from "./random.js";

export interface InterleavedOptions {
  /** Rounds, each with one attempt on every target. */
  samples: number;
  warmup: number | WarmupPlan;
  random: Random;
  signal: AbortSignal;
  /** Told after each iteration on the target at the given position. */
  onProgress?: (target: number, ...progress: Parameters<ProgressListener>) => void;
}

/**
 * Runs one scenario on several targets in rounds: in each round every target has its turn once, in an order drawn anew, so
 * that whatever the host does in the meantime meets all of them alike. All targets are set up during all rounds.
 */
export async function runInterleaved(
  scenario: Scenario,
  contexts: readonly Omit<ScenarioContext, "note">[],
  { samples, warmup, random, signal, onProgress }: InterleavedOptions,
): Promise<ScenarioRun[]> {
  const executions = contexts.map(
    (context, target) =>
      new ScenarioExecution(scenario, context, { kind: "sequential" }, (mode, done) =>
        onProgress?.(target, mode, done),
      ),
  );
  const finishAll = () => Promise.all(executions.map((execution) => execution.finish()));
  const able = () => executions.filter(({ loop }) => !loop.signal.aborted);
  try {
    for (const execution of executions) await execution.setUp();
    for (const execution of able()) execution.warmup = await warmUp(execution.loop, warmup);
    for (let round = 0; round < samples && !signal.aborted; round++) {
      for (const { loop } of shuffled(able(), random)) await runSequentially(loop, 1);
    }
  } catch (error) {
    await finishAll();
    throw error;
  }
  return finishAll();
}
