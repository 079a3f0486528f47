import type { Level } from "../../report/model.js";
import type { FaultFamily, FaultInfo } from "../faults/fault.js";

/** Version of the shape of prove.json; the major part changes when a reader would break. */
export const PROVE_SCHEMA = "critique.dev/prove/1";

/** What a spec did against the runtime itself, before any fault. */
export interface BaselineRecord {
  id: string;
  title: string;
  area: string;
  level: Level;
  clause: string;
  rpcs: string[];
  /** Only specs that passed can notice anything. */
  status: "passed" | "failed" | "notApplicable" | "broken";
  /** Why, where it did not pass. */
  reason: string;
  durationMs: number;
  calls: Record<string, { count: number; refused: number }>;
  /** `RPC.path` of the fields it sent. */
  sent: string[];
  /** `RPC.path` of the fields it received. */
  received: string[];
  /** `Message.field` of the fields of replies it looked at. */
  read: string[];
}

/**
 * What became of a fault.
 * - `killed`: a spec failed because of it
 * - `survived`: specs that touch what it changes passed all the same
 * - `untouched`: no spec touches what it changes, so that nothing can notice it; counts as survived
 * - `absent`: this runtime has nothing there to be wrong: an RPC it does not implement, a field it never sends
 * - `equivalent`: declared to make no difference that the contract speaks of, with a reason on record
 */
export type FaultVerdict = "killed" | "survived" | "untouched" | "absent" | "equivalent";

/** One run of a spec against a fault. */
export interface Trial {
  spec: string;
  /**
   * - `killed`: the spec failed, and the fault had changed something
   * - `passed`: it noticed nothing
   * - `unhurt`: the fault had nothing to change in it, whatever came of the spec
   * - `broke`: the suite broke instead of failing, a defect of the suite
   * - `gaveUp`: the spec found that it does not apply, or was stopped
   */
  end: "killed" | "passed" | "unhurt" | "broke" | "gaveUp";
  /** The first expectation that did not hold, or what else ended it. */
  reason: string;
  durationMs: number;
}

/** A fault with everything that is known of it. */
export interface FaultResult extends FaultInfo {
  verdict: FaultVerdict;
  /** Strongest level of the specs that touch it; absent where none does. */
  level?: Level;
  trials: Trial[];
  /** Specs that touch it and were not tried. */
  untried: number;
  /** Why it is equivalent or absent. */
  reason?: string;
}

/** How many of some faults were noticed. */
export interface Score {
  killed: number;
  /** Survived and untouched. */
  missed: number;
  equivalent: number;
  absent: number;
}

/** A group of faults and its score. */
export interface ScoreLine extends Score {
  family: FaultFamily;
  area: string;
}

/** A spec and what it is worth. */
export interface SpecProof {
  id: string;
  title: string;
  /** Faults it was seen to kill. */
  kills: string[];
  /** Of these, the ones that every other spec tried let pass. */
  alone: string[];
  /** Faults it was run against. */
  tried: number;
}

/** The content of prove.json. */
export interface ProveResults {
  schema: typeof PROVE_SCHEMA;
  suiteVersion: string;
  startedAt: string;
  endpoint: string;
  runtime: { name: string; version: string };
  handler: string;
  seed: number;
  durationMs: number;
  /** Whether every chosen fault has a verdict; not so when the budget ran out or a signal came. */
  complete: boolean;
  /** Chosen faults without a verdict. */
  notRun: number;
  scores: { total: Score; required: Score; families: Record<string, Score>; areas: ScoreLine[] };
  faults: FaultResult[];
  specs: SpecProof[];
  /** Passing specs that no fault killed although they were tried. */
  specsWithoutKill: string[];
  /** Specs that did not pass without any fault, with the reason. */
  notProvable: { id: string; status: string; reason: string }[];
}
