import { RpcError } from "../../cri/rpc-error.js";
import { nowNs } from "./clock.js";
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

/**
 * One trip through prepare, measure and conclude. No step throws: what goes wrong becomes part of the outcome, so that a
 * failed call is a counted error and never the end of the benchmark.
 */
export class Iteration {
  #attempt: Attempt | undefined;
  #outcome: IterationOutcome = { startNs: 0, phasesNs: [], totalNs: undefined };

  constructor(
    readonly mode: Mode,
    private readonly session: ScenarioSession,
    private readonly phases: readonly string[],
    private readonly signal: AbortSignal,
  ) {}

  get outcome(): IterationOutcome {
    return this.#outcome;
  }

  async prepare(): Promise<void> {
    try {
      this.#attempt = await this.session.prepare();
    } catch (error) {
      this.#outcome = { startNs: nowNs(), phasesNs: [], totalNs: undefined, error: describe("prepare", error) };
    }
  }

  /** The only step on the clock. Does nothing when the preparation failed. */
  async measure(): Promise<void> {
    if (this.#attempt === undefined) return;
    const laps = new Laps(this.phases, nowNs(), this.signal);
    const { startNs, durationsNs: phasesNs } = laps;
    try {
      await this.#attempt.measure(laps);
      this.#outcome = { startNs, phasesNs, totalNs: laps.totalNs(nowNs()) };
    } catch (error) {
      this.#outcome = { startNs, phasesNs, totalNs: undefined, error: describe(laps.currentPhase ?? "measure", error) };
    }
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
    return this.#outcome.error !== undefined && this.signal.aborted;
  }
}

/** The runtime's words are bounded: a result file must not grow with them. */
const MAX_MESSAGE_CHARACTERS = 500;

function describe(phase: string, error: unknown): IterationError {
  const message = (error instanceof Error ? error.message : String(error)).slice(0, MAX_MESSAGE_CHARACTERS);
  return { phase, message, ...(error instanceof RpcError && { code: error.codeName }) };
}
