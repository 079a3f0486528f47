import { addPaces, applyLoad, type LoadShape } from "../core/load-shape.js";
import { ScenarioExecution, type ProgressListener, type ScenarioRun } from "../core/scenario-execution.js";
import type { Scenario, ScenarioContext } from "../core/scenario.js";
import { warmUp } from "../core/sequential.js";
import type { WarmupPlan } from "../core/steady-state.js";
import { shuffled, type Random } from "./random.js";

export interface InterleavedOptions {
  /** Attempts on every target. */
  samples: number;
  shape: LoadShape;
  warmup: number | WarmupPlan;
  random: Random;
  signal: AbortSignal;
  /** Told after each iteration on the target at the given position. */
  onProgress?: (target: number, ...progress: Parameters<ProgressListener>) => void;
}

/**
 * Attempts in one turn of a target under load: as many as put the load on for a while, few enough for many turns.
 * A turn of a sequential scenario is a single attempt.
 */
function attemptsOfATurn(shape: LoadShape, samples: number): number {
  switch (shape.kind) {
    case "sequential":
      return 1;
    case "parallel":
      return Math.max(4 * shape.concurrency, Math.ceil(samples / MAX_TURNS));
    case "openLoop":
      return Math.max(Math.ceil(shape.ratePerS), Math.ceil(samples / MAX_TURNS));
  }
}

/** Each turn of a load ends with places that stay empty: more turns would be mostly ends. */
const MAX_TURNS = 20;

/**
 * Runs one scenario on several targets in rounds: in each round every target has its turn once, in an order drawn anew, so
 * that whatever the host does in the meantime meets all of them alike. All targets are set up during all rounds. Under a
 * load a turn is a number of attempts; those with the same place in their turns are compared with each other.
 */
export async function runInterleaved(
  scenario: Scenario,
  contexts: readonly Omit<ScenarioContext, "note">[],
  { samples, shape, warmup, random, signal, onProgress }: InterleavedOptions,
): Promise<ScenarioRun[]> {
  const executions = contexts.map(
    (context, target) =>
      new ScenarioExecution(scenario, context, shape, (mode, done) => onProgress?.(target, mode, done)),
  );
  const finishAll = () => Promise.all(executions.map((execution) => execution.finish()));
  const able = () => executions.filter(({ loop }) => !loop.signal.aborted);
  try {
    for (const execution of executions) await execution.setUp();
    for (const execution of able()) execution.warmup = await warmUp(execution.loop, warmup);
    const turn = attemptsOfATurn(shape, samples);
    for (let done = 0; done < samples && !signal.aborted; done += turn) {
      for (const execution of shuffled(able(), random)) {
        const pace = await applyLoad(shape, execution.loop, Math.min(turn, samples - done));
        execution.pace = execution.pace ? addPaces(execution.pace, pace) : pace;
      }
    }
  } catch (error) {
    await finishAll();
    throw error;
  }
  return finishAll();
}
