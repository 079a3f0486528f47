import { RpcError } from "../../cri/rpc-error.js";
import { systemClock, type Clock } from "./clock.js";
import { Laps } from "./laps.js";
import type { Attempt, ScenarioSession } from "./scenario.js";

/** `warmup` iterations run like the others and are kept apart from the result. */
export type Mode = "warmup" | "run";

/** Why an iteration gave no complete measurement. */
export interface IterationError {
  /** `prepare`, `conclude`, or the scenario's phase that was under way. */
  phase: string;
  message: string;
  /** gRPC status of the call that failed, by name. */
  code?: string;
}

/** What one iteration gave. */
export interface IterationOutcome {
  /** When the measurement began, on the clock of `nowNs`. */
  startNs: number;
  /** Durations of the phases that ended, in their order: all of them unless there is an error. */
  phasesNs: readonly number[];
  /** Sum of the phases; undefined when the measurement failed. */
  totalNs: number | undefined;
  /** What failed before or during the measurement. */
  error?: IterationError;
  /** What failed afterwards; the measurement itself is good. */
  concludeError?: IterationError;
}

/** What an iteration needs besides its scenario's session. */
export interface IterationSetting {
  /** The phases that are timed: see {@link timedPhases}. */
  phases: readonly string[];
  /** True under a load that starts at given moments: the first phase is the wait since then. */
  openLoop: boolean;
  signal: AbortSignal;
  clock?: Clock;
}

/** First phase under an open loop: from the moment a start was due to the moment it was made. */
export const WAIT = "wait";

/** Stands for the whole measurement of a scenario without phases, under an open loop. */
const SERVICE = "service";

/** The phases that become metrics: the scenario's own, and under an open loop the wait before them. */
export function timedPhases(phases: readonly string[], openLoop: boolean): readonly string[] {
  if (!openLoop) return phases;
  return phases.length === 0 ? [WAIT, SERVICE] : [WAIT, ...phases];
}

/**
 * One trip through prepare, measure and conclude. No step throws: what goes wrong becomes part of the outcome, so that a
 * failed call is a counted error and never the end of the benchmark.
 */
export class Iteration {
  #attempt: Attempt | undefined;
  #outcome: IterationOutcome = { startNs: 0, phasesNs: [], totalNs: undefined };
  readonly #clock: Clock;

  constructor(
    readonly mode: Mode,
    private readonly session: ScenarioSession,
    private readonly setting: IterationSetting,
  ) {
    this.#clock = setting.clock ?? systemClock;
  }

  get outcome(): IterationOutcome {
    return this.#outcome;
  }

  async prepare(): Promise<void> {
    try {
      this.#attempt = await this.session.prepare();
    } catch (error) {
      this.#fail(this.#clock.nowNs(), describe("prepare", error));
    }
  }

  /**
   * The only step on the clock. Does nothing when the preparation failed.
   *
   * @param dueNs under an open loop, when the start was due: the measurement counts from then.
   */
  async measure(dueNs: number = this.#clock.nowNs()): Promise<void> {
    if (this.#attempt === undefined) return;
    const { phases, openLoop, signal } = this.setting;
    const laps = new Laps(phases, dueNs, this.#clock, signal);
    try {
      if (openLoop) laps.mark(WAIT);
      await this.#attempt.measure(laps);
      if (laps.currentPhase === SERVICE) laps.mark(SERVICE);
      this.#outcome = { startNs: dueNs, phasesNs: laps.durationsNs, totalNs: laps.totalNs() };
    } catch (error) {
      this.#fail(dueNs, describe(laps.currentPhase ?? "measure", error), laps.durationsNs);
    }
  }

  /** Gives the attempt up before it was measured; it is concluded like any other. */
  drop(dueNs: number, message: string): void {
    this.#fail(dueNs, { phase: WAIT, message });
  }

  async conclude(): Promise<void> {
    try {
      await this.#attempt?.conclude();
    } catch (error) {
      this.#outcome.concludeError = describe("conclude", error);
    }
  }

  /** True when the iteration failed only because the run was interrupted. */
  get interrupted(): boolean {
    return this.#outcome.error !== undefined && this.setting.signal.aborted;
  }

  #fail(startNs: number, error: IterationError, phasesNs: readonly number[] = []): void {
    this.#outcome = { startNs, phasesNs, totalNs: undefined, error };
  }
}

/** The runtime's words are bounded: a result file must not grow with them. */
const MAX_MESSAGE_CHARACTERS = 500;

function describe(phase: string, error: unknown): IterationError {
  const message = (error instanceof Error ? error.message : String(error)).slice(0, MAX_MESSAGE_CHARACTERS);
  return { phase, message, ...(error instanceof RpcError && { code: error.codeName }) };
}
