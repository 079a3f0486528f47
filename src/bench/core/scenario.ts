import type { CriRpc } from "../../cri/client.js";
import type { Laps } from "./laps.js";
import type { PodLedger } from "./pod-ledger.js";

/**
 * A benchmark: what is set up once, what is repeated, and which part of the repetition is timed. Five phases, after
 * hyperfine and tinybench: `setUp`, `prepare`, `measure`, `conclude`, `cleanUp`; only `measure` is on the clock.
 */
export interface Scenario {
  /** Name on the command line and first part of its metrics' names, for instance `pod-startup`. */
  readonly name: string;
  /** What is measured, in one sentence. */
  readonly title: string;
  /** The parts of one measurement in their order; each becomes a metric, and so does their sum, `total`. */
  readonly phases: readonly string[];
  /** Creates what all repetitions share. What it created must be gone after a failure too: use the context's ledger. */
  setUp(context: ScenarioContext): Promise<ScenarioSession>;
}

/** A scenario that is set up. Attempts may overlap when the load is not sequential. */
export interface ScenarioSession {
  /** Readies one repetition, off the clock. */
  prepare(): Promise<Attempt>;
  /** Removes what `setUp` created, off the clock. Called once, also after an interruption. */
  cleanUp(): Promise<void>;
}

/** Thrown by `setUp` when the runtime does not offer what the scenario measures; the message is the reason. */
export class NotApplicableError extends Error {
  override name = "NotApplicableError";
}

/** One repetition. */
export interface Attempt {
  /** The timed part. It ends the declared phases by `laps.mark`, in their order. */
  measure(laps: Laps): Promise<void>;
  /** Undoes the repetition, off the clock. Called once after `measure`, also when that failed half-way. */
  conclude(): Promise<void>;
}

/** A benchmark of what pods cost while they are there; it takes no part in load shapes. */
export interface CostScenario {
  readonly name: string;
  readonly title: string;
  /** How the figures come about and what they cannot see; part of the result. */
  readonly method: string;
  /** Makes pods, observes them and removes them again. What it created must be gone after a failure too. */
  observe(context: ScenarioContext): Promise<Observation[]>;
}

/** What a cost scenario saw: one value per pod, or a single one. */
export interface Observation {
  metric: string;
  unit: Unit;
  /** Whole numbers, not negative. */
  values: number[];
}

/** Units of metrics: nanoseconds of time or of CPU time, and bytes of memory. */
export type Unit = "ns" | "bytes";

export type AnyScenario = Scenario | CostScenario;

export function isCostScenario(scenario: AnyScenario): scenario is CostScenario {
  return "observe" in scenario;
}

/** What scenarios may use. */
export interface ScenarioContext {
  /** For what is measured; the calls end some seconds after the run was interrupted, so that each can finish. */
  rpc: CriRpc;
  /** For removing things; not ended by an interruption. */
  cleanUpRpc: CriRpc;
  /** Makes pods and containers that can be found again, and removes them. */
  pods: PodLedger;
  /** Reference of an image that is present on the runtime and holds a POSIX shell and `sleep`. */
  image: string;
  /** The runtime's socket on this host; undefined when it is reached over TCP. */
  runtimeSocket: string | undefined;
  /** Aborted when the run is interrupted. */
  signal: AbortSignal;
  /** Told of what a reader of the numbers should know. */
  note: (note: ScenarioNote) => void;
}

/** Facts that scenarios count for the result. */
export type ScenarioNote = "missedNotification";
