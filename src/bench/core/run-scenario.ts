import { HarnessLoadMeter, type HarnessLoad } from "./harness-load.js";
import { Iteration, timedPhases, WAIT, type Mode } from "./iteration.js";
import { applyLoad, type LoadShape, type Pace } from "./load-shape.js";
import { SampleStore, TOTAL } from "./sample-store.js";
import {
  NotApplicableError,
  type Scenario,
  type ScenarioContext,
  type ScenarioNote,
  type ScenarioSession,
} from "./scenario.js";
import { warmUp } from "./sequential.js";
import type { WarmupOutcome, WarmupPlan } from "./steady-state.js";

/**
 * How a scenario ended. `notApplicable`: the runtime does not offer what it measures. `failed`: it could not be set up, no
 * attempt succeeded, or too many in a row failed.
 */
export type ScenarioEnd =
  | { state: "completed" }
  | { state: "interrupted" }
  | { state: "notApplicable"; reason: string }
  | { state: "failed"; reason: string };

/** What running a scenario gave. */
export interface ScenarioRun {
  scenario: Scenario;
  end: ScenarioEnd;
  warmup: WarmupOutcome;
  shape: LoadShape;
  /** Undefined when the scenario ended before its first measured attempt. */
  pace: Pace | undefined;
  store: SampleStore;
  /** How busy this process was. */
  harness: HarnessLoad;
  notes: ReadonlyMap<ScenarioNote, number>;
  /** Wall clock at the start, in milliseconds since the epoch, as a label only. */
  startedAtMs: number;
}

export interface ScenarioRunOptions {
  samples: number;
  warmup: number | WarmupPlan;
  shape: LoadShape;
  /** Told after each iteration. */
  onProgress?: (mode: Mode, done: number) => void;
}

/** A runtime that fails this often in a row will not recover by itself, and each further try may take minutes. */
const FAILURES_TO_GIVE_UP = 10;

/** Sets a scenario up, warms it up, measures it and cleans up after it, whatever happens in between. */
export async function runScenario(
  scenario: Scenario,
  context: Omit<ScenarioContext, "note">,
  options: ScenarioRunOptions,
): Promise<ScenarioRun> {
  const { samples, shape } = options;
  const openLoop = shape.kind === "openLoop";
  const phases = timedPhases(scenario.phases, openLoop);
  const store = new SampleStore(phases);
  const notes = new Map<ScenarioNote, number>();
  const note = (kind: ScenarioNote) => void notes.set(kind, (notes.get(kind) ?? 0) + 1);
  const startedAtMs = Date.now();
  const meter = new HarnessLoadMeter();
  let warmup: WarmupOutcome = { end: "none", iterations: 0 };
  let pace: Pace | undefined;
  let end: ScenarioEnd;
  let session: ScenarioSession | undefined;
  try {
    session = await scenario.setUp({ ...context, note });
    const guard = new FailureGuard(context.signal);
    const loop = {
      signal: guard.signal,
      next: (mode: Mode) => new Iteration(mode, session!, { phases, openLoop, signal: context.signal }),
      finished: (iteration: Iteration) => {
        if (iteration.interrupted) return;
        store.add(iteration.mode, iteration.outcome);
        guard.watch(iteration);
        options.onProgress?.(iteration.mode, store.attempts(iteration.mode));
      },
    };
    warmup = await warmUp(loop, options.warmup);
    if (!guard.signal.aborted) pace = await applyLoad(shape, loop, samples);
    const reason = guard.reason ?? reasonOfEmptiness(store);
    end = reason === undefined ? { state: "completed" } : { state: "failed", reason };
  } catch (error) {
    const state = error instanceof NotApplicableError ? "notApplicable" : "failed";
    end = { state, reason: error instanceof Error ? error.message : String(error) };
  }
  try {
    await session?.cleanUp();
  } catch (error) {
    store.addError({ phase: "cleanUp", message: error instanceof Error ? error.message : String(error) });
  }
  if (context.signal.aborted) end = { state: "interrupted" };
  return { scenario, end, warmup, shape, pace, store, harness: meter.stop(), notes, startedAtMs };
}

function reasonOfEmptiness(store: SampleStore): string | undefined {
  if (store.series("run", TOTAL).valuesNs.length > 0) return undefined;
  const [first] = store.errorGroups;
  return `no attempt succeeded${first ? `, the first failed in phase ${first.phase}: ${first.message}` : ""}`;
}

/** Ends the loop when too many iterations in a row have failed. */
class FailureGuard {
  reason: string | undefined;
  readonly signal: AbortSignal;
  readonly #giveUp = new AbortController();
  #failuresInARow = 0;

  constructor(interruption: AbortSignal) {
    this.signal = AbortSignal.any([interruption, this.#giveUp.signal]);
  }

  watch({ outcome: { error } }: Iteration): void {
    // A start that an overloaded open loop gave up says nothing new about the runtime.
    if (error?.phase === WAIT) return;
    this.#failuresInARow = error === undefined ? 0 : this.#failuresInARow + 1;
    if (error === undefined || this.#failuresInARow < FAILURES_TO_GIVE_UP) return;
    this.reason = `${FAILURES_TO_GIVE_UP} iterations in a row failed, the last in phase ${error.phase}: ${error.message}`;
    this.#giveUp.abort();
  }
}
