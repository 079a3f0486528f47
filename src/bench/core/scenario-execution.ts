import { HarnessLoadMeter, type HarnessLoad } from "./harness-load.js";
import { Iteration, timedPhases, WAIT, type Mode } from "./iteration.js";
import type { LoadShape, Pace } from "./load-shape.js";
import { SampleStore, TOTAL } from "./sample-store.js";
import {
  NotApplicableError,
  type Scenario,
  type ScenarioContext,
  type ScenarioNote,
  type ScenarioSession,
} from "./scenario.js";
import type { Loop } from "./sequential.js";
import type { WarmupOutcome } from "./steady-state.js";

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
}

/** Told after each iteration. */
export type ProgressListener = (mode: Mode, done: number) => void;

/** A runtime that fails this often in a row will not recover by itself, and each further try may take minutes. */
const FAILURES_TO_GIVE_UP = 10;

/** One scenario on one target, from its set-up to its clean-up; in between a load shape takes iterations from its loop. */
export class ScenarioExecution {
  /** Gives and takes back the scenario's iterations; its signal is aborted when there is no point in going on. */
  readonly loop: Loop;
  warmup: WarmupOutcome = { end: "none", iterations: 0 };
  pace: Pace | undefined;
  readonly #store: SampleStore;
  readonly #notes = new Map<ScenarioNote, number>();
  readonly #meter = new HarnessLoadMeter();
  readonly #giveUp = new AbortController();
  #session: ScenarioSession | undefined;
  #end: ScenarioEnd | undefined;
  #failuresInARow = 0;

  constructor(
    private readonly scenario: Scenario,
    private readonly context: Omit<ScenarioContext, "note">,
    private readonly shape: LoadShape,
    private readonly onProgress?: ProgressListener,
  ) {
    const { signal } = context;
    const openLoop = shape.kind === "openLoop";
    const phases = timedPhases(scenario.phases, openLoop);
    this.#store = new SampleStore(phases);
    this.loop = {
      signal: AbortSignal.any([signal, this.#giveUp.signal]),
      next: (mode) => new Iteration(mode, this.#session!, { phases, openLoop, signal }),
      finished: (iteration) => this.#take(iteration),
    };
  }

  /** Sets the scenario up; when that fails, the loop's signal is aborted and `finish` tells why. */
  async setUp(): Promise<void> {
    const note = (kind: ScenarioNote) => void this.#notes.set(kind, (this.#notes.get(kind) ?? 0) + 1);
    try {
      this.#session = await this.scenario.setUp({ ...this.context, note });
    } catch (error) {
      this.#stop({ state: error instanceof NotApplicableError ? "notApplicable" : "failed", reason: messageOf(error) });
    }
  }

  /** Cleans up and sums up. */
  async finish(): Promise<ScenarioRun> {
    try {
      await this.#session?.cleanUp();
    } catch (error) {
      this.#store.addError({ phase: "cleanUp", message: messageOf(error) });
    }
    return {
      scenario: this.scenario,
      end: this.#endState(),
      warmup: this.warmup,
      shape: this.shape,
      pace: this.pace,
      store: this.#store,
      harness: this.#meter.stop(),
      notes: this.#notes,
    };
  }

  #take(iteration: Iteration): void {
    if (iteration.interrupted) return;
    const { mode, outcome } = iteration;
    this.#store.add(mode, outcome);
    this.onProgress?.(mode, this.#store.attempts(mode));
    const { error } = outcome;
    // A start that an overloaded open loop gave up says nothing new about the runtime.
    if (error?.phase === WAIT) return;
    this.#failuresInARow = error === undefined ? 0 : this.#failuresInARow + 1;
    if (error !== undefined && this.#failuresInARow >= FAILURES_TO_GIVE_UP) {
      const last = `the last in phase ${error.phase}: ${error.message}`;
      this.#stop({ state: "failed", reason: `${FAILURES_TO_GIVE_UP} iterations in a row failed, ${last}` });
    }
  }

  #stop(end: ScenarioEnd): void {
    this.#end = end;
    this.#giveUp.abort();
  }

  #endState(): ScenarioEnd {
    if (this.context.signal.aborted) return { state: "interrupted" };
    if (this.#end) return this.#end;
    if (this.#store.series("run", TOTAL).valuesNs.length > 0) return { state: "completed" };
    const [first] = this.#store.errorGroups;
    const why = first ? `, the first failed in phase ${first.phase}: ${first.message}` : "";
    return { state: "failed", reason: `no attempt succeeded${why}` };
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
