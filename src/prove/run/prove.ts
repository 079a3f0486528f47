import { setMaxListeners } from "node:events";
import type { Spec } from "../../harness/spec.js";
import type { Level } from "../../report/model.js";
import type { ConditionalFaults } from "../faults/conditional.js";
import type { EquivalentFaults } from "../faults/equivalent.js";
import type { Fault, FaultInfo } from "../faults/fault.js";
import type { BaselineRecord, FaultResult, Trial } from "../result/model.js";
import { runBaseline } from "./baseline.js";
import { Touched } from "./candidates.js";
import { fairOrder } from "./fair-order.js";
import { RuntimeLostError } from "./leftovers.js";
import type { ProveState } from "./prove-state.js";
import { sideBySide } from "./side-by-side.js";
import { Stage, type StageInput } from "./stage.js";
import { tryFault } from "./try-fault.js";

/** What is proved, and how thoroughly. */
export interface ProveInput extends StageInput {
  specs: readonly Spec[];
  faults: readonly Fault[];
  equivalent: EquivalentFaults;
  conditional: ConditionalFaults;
  state: ProveState;
  /** Specs that run at the same time, each with a fault of its own. */
  parallel: number;
  /** Deadline of a spec that declares none, without a fault. */
  timeoutMs: number;
  seed: number;
  /** Specs tried with a fault until it counts as survived. */
  specsPerFault: number;
  /** Try them all even after one has killed the fault. */
  allKillers: boolean;
  /**
   * No further fault is started after so long. The faults get half of it at least, however long the run without a fault takes: on a
   * slow node that alone may take all of it, and a sample of nothing says nothing.
   */
  budgetMs: number;
  onProgress: (progress: ProveProgress) => void;
}

/** Told as the work goes on. */
export type ProveProgress =
  | { stage: "baseline"; done: number; of: number; record: BaselineRecord }
  | { stage: "faults"; done: number; of: number; result: FaultResult }
  | { stage: "specs"; done: number; of: number; spec: string };

/** So many times as many specs are tried where a fault had nothing to change in most of them. */
const UNMET_FACTOR = 4;

/** A spec without a kill is tried with so many faults before it counts as one that no fault kills. */
const FAULTS_PER_SPEC = 15;

/**
 * Runs the suite without a fault, then with one fault at a time those specs that touch what it changes, then each spec that has
 * killed nothing with further faults. All that is found out is in the state.
 * @throws RpcError when the runtime does not answer; RuntimeLostError when it does not any more
 */
export async function prove(input: ProveInput): Promise<void> {
  // Every attempt under way listens.
  setMaxListeners(0, input.signal);
  // A spec that fails early leaves calls behind that nobody awaits any more; they must not end everything.
  const ignore = (): void => undefined;
  process.on("unhandledRejection", ignore);
  try {
    await using stage = await Stage.open(input);
    await new Proving(stage, input).run();
  } finally {
    process.off("unhandledRejection", ignore);
  }
}

class Proving {
  readonly #specs: ReadonlyMap<string, Spec>;
  /** No further fault is started after this time, in milliseconds of performance.now(). */
  #endMs = Infinity;

  constructor(
    private readonly stage: Stage,
    private readonly input: ProveInput,
  ) {
    this.#specs = new Map(input.specs.map((spec) => [spec.info.id, spec]));
  }

  async run(): Promise<void> {
    const { state, signal, budgetMs } = this.input;
    const startedMs = performance.now();
    await this.#baseline();
    if (signal.aborted) return;
    this.#endMs = Math.max(startedMs + budgetMs, performance.now() + budgetMs / 2);
    const { unimplemented } = this.stage.resources.probe;
    const touched = new Touched(
      state.baseline.filter(({ id }) => this.#specs.has(id)),
      unimplemented,
    );
    await this.#faults(touched);
    await this.#specsWithoutKill(touched);
  }

  async #baseline(): Promise<void> {
    const { state, specs, onProgress } = this.input;
    const known = new Set(state.baseline.map(({ id }) => id));
    const left = specs.filter(({ info }) => !known.has(info.id));
    await runBaseline(this.stage, left, this.input, (record) => {
      state.addBaseline(record);
      onProgress({ stage: "baseline", done: state.baseline.length, of: specs.length, record });
    });
  }

  async #faults(touched: Touched): Promise<void> {
    const { state, faults, parallel, seed, onProgress } = this.input;
    const left = fairOrder(faults, seed).filter(({ id }) => !state.faults.has(id));
    let done = faults.length - left.length;
    const underWay = new Set<string>();
    const work = async (fault: Fault): Promise<void> => {
      underWay.add(fault.id);
      const result = await this.#judge(fault, touched).catch((error: unknown) => {
        if (error instanceof RuntimeLostError && underWay.has(fault.id)) {
          state.addLost([...underWay]);
          underWay.clear();
        }
        throw error;
      });
      underWay.delete(fault.id);
      if (this.input.signal.aborted) return;
      state.addFault(result);
      onProgress({ stage: "faults", done: ++done, of: faults.length, result });
    };
    // Those with which the runtime once went come last and one by one, so that it shows which of them it was.
    const isSuspect = ({ id }: Fault): boolean => state.lostWith.has(id);
    const end = this.#untilEnd();
    await sideBySide(
      left.filter((fault) => !isSuspect(fault)),
      parallel,
      end,
      work,
    );
    await sideBySide(left.filter(isSuspect), 1, end, work);
  }

  async #judge(fault: Fault, touched: Touched): Promise<FaultResult> {
    const equivalent = this.input.equivalent.reasonFor(fault.id);
    const candidates = this.#aloneLast(touched.candidates(fault));
    const level = strongest(candidates);
    const about = { ...infoOf(fault), ...(level && { level }), trials: [], untried: 0 };
    if (equivalent !== undefined) return { ...about, verdict: "equivalent", reason: equivalent };
    const absence = touched.absence(fault.reach);
    if (absence !== undefined) return { ...about, verdict: "absent", reason: absence };
    if (candidates.length === 0) return { ...about, ...(await this.#untouched(fault, touched)) };
    if (this.input.state.lostWith.get(fault.id) === 0) {
      return { ...about, verdict: "absent", reason: "this runtime ends when it is tried" };
    }
    const trials = await this.#trials(fault, candidates);
    const unhurt = trials.filter(({ end }) => end === "unhurt").length;
    const untried = candidates.length - trials.length;
    if (trials.some(({ end }) => end === "killed")) return { ...about, trials, untried, verdict: "killed" };
    // What no spec of those that should meet it has met cannot be noticed by any.
    if (unhurt === candidates.length)
      return { ...about, trials, untried, verdict: "absent", reason: "it changed nothing" };
    return { ...about, trials, untried, verdict: "survived" };
  }

  /** What no passing spec touches: for want of a spec, or because the runtime leaves nothing to be broken there. */
  async #untouched(fault: Fault, touched: Touched): Promise<Partial<FaultResult> & Pick<FaultResult, "verdict">> {
    // A spec that found nothing to look at may find something with the fault.
    const idle = touched.idleAt(fault.reach);
    const trials = await this.#trials(fault, idle);
    const killers = trials.filter(({ end }) => end === "killed").map(({ spec }) => spec);
    if (killers.length > 0) {
      const level = strongest(idle.filter(({ id }) => killers.includes(id)));
      return { verdict: "killed", trials, ...(level && { level }) };
    }
    const lack = this.input.conditional.absence(fault.id, touched.records);
    if (lack !== undefined) return { verdict: "absent", reason: lack };
    const failing = touched.failingAt(fault.reach);
    if (failing.length === 0) return { verdict: "untouched" };
    return { verdict: "absent", reason: `only specs touch it that this runtime fails anyway: ${failing.join(", ")}` };
  }

  /** Specs that run alone make all others wait, so that they come last. */
  #aloneLast(records: readonly BaselineRecord[]): BaselineRecord[] {
    const isAlone = ({ id }: BaselineRecord): boolean => this.#specs.get(id)?.locks.includes("whole-node") ?? false;
    return [...records.filter((record) => !isAlone(record)), ...records.filter(isAlone)];
  }

  async #trials(fault: Fault, candidates: readonly BaselineRecord[]): Promise<Trial[]> {
    const trials: Trial[] = [];
    const mostMet = Math.min(this.input.specsPerFault, fault.maxSpecs ?? Infinity);
    let met = 0;
    for (const record of candidates.slice(0, UNMET_FACTOR * mostMet)) {
      const spec = this.#specs.get(record.id);
      if (!spec || met >= mostMet || this.input.signal.aborted) break;
      const trial = await tryFault(this.stage, spec, record, fault);
      trials.push(trial);
      if (trial.end !== "unhurt") met++;
      if (trial.end === "killed" && !this.input.allKillers) break;
    }
    return trials;
  }

  /** A spec that has killed nothing may not have had its turn: others were quicker. */
  async #specsWithoutKill(touched: Touched): Promise<void> {
    const { state, parallel, onProgress } = this.input;
    const killers = new Set(
      [...state.faults.values()].flatMap(({ trials }) =>
        trials.filter(({ end }) => end === "killed").map(({ spec }) => spec),
      ),
    );
    const unproved = touched.records.filter(({ id, status }) => status === "passed" && !killers.has(id));
    const left = this.#aloneLast(unproved);
    let done = 0;
    await sideBySide(left, parallel, this.#untilEnd(), async (record) => {
      await this.#untilKill(record, touched);
      onProgress({ stage: "specs", done: ++done, of: left.length, spec: record.id });
    });
  }

  async #untilKill(record: BaselineRecord, touched: Touched): Promise<void> {
    const { state, faults, signal } = this.input;
    const spec = this.#specs.get(record.id);
    const near = faults
      // A call that fails is noticed by every spec that makes it, and says nothing about what else the spec would notice.
      .filter(({ kind, reach }) => kind !== "fails" && kind !== "late" && touched.reaches(record, reach))
      .filter(({ id }) => {
        const known = state.faults.get(id);
        const isReal = known?.verdict === "killed" || known?.verdict === "survived";
        return isReal && known.trials.every((trial) => trial.spec !== record.id);
      })
      .map((fault) => ({ fault, rank: touched.rankOf(record, fault) }))
      .sort((a, b) => a.rank - b.rank);
    for (const { fault } of near.slice(0, FAULTS_PER_SPEC)) {
      if (!spec || signal.aborted || performance.now() > this.#endMs) return;
      const trial = await tryFault(this.stage, spec, record, fault);
      state.addTrial(fault.id, trial);
      if (trial.end === "killed") return;
    }
  }

  /** Aborted when nothing more shall be started. */
  #untilEnd(): AbortSignal {
    const leftMs = Math.max(0, this.#endMs - performance.now());
    if (leftMs > MAX_TIMER_MS) return this.input.signal;
    return AbortSignal.any([this.input.signal, AbortSignal.timeout(Math.ceil(leftMs))]);
  }
}

/** Longer ones Node takes for 1 ms. */
const MAX_TIMER_MS = 2 ** 31 - 1;

function strongest(records: readonly BaselineRecord[]): Level | undefined {
  const levels: readonly Level[] = ["required", "recommended", "optional"];
  return levels.find((level) => records.some((record) => record.level === level));
}

function infoOf({ id, family, kind, title, area, rpc, path, upstream }: Fault): FaultInfo {
  return { id, family, kind, title, area, rpc, ...(path !== undefined && { path }), ...(upstream && { upstream }) };
}
