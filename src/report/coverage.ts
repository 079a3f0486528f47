import type { ContractField, RunInfo, RunResults } from "./model.js";

/** How far a run reached into an RPC. */
export interface RpcCoverage {
  rpc: string;
  /** Specs that are about the RPC. */
  about: number;
  /** Specs that called it, whatever they are about. */
  calledBy: number;
  /** How often it was called in all attempts. */
  calls: number;
  /** Specs about it that are not as expected. */
  unexpected: number;
  /** Why no spec calls it, where that is so on purpose. */
  notCalled?: string;
}

/** How far a run reached into a field: numbers of specs; absent on the side where the field cannot occur. */
export interface FieldReach {
  /** `Message.field`. */
  field: string;
  windowsOnly: boolean;
  /** Specs that set it in a request. */
  sentBy?: number;
  /** Specs that got it in a reply. */
  receivedBy?: number;
  /** Specs with an expectation that looked at it. */
  assertedBy?: number;
  /** Why no spec sets it, where that is so on purpose. */
  notSent?: string;
  /** Why no expectation looks at it, where that is so on purpose. */
  notAsserted?: string;
}

/** How far a run reached into the contract, in the contract's order. */
export interface CoverageMatrix {
  rpcs: RpcCoverage[];
  fields: FieldReach[];
}

/** A matrix with the run it is of. */
export interface CoverageRecord extends CoverageMatrix {
  run: Pick<RunInfo, "suiteVersion" | "startedAt" | "runtime" | "handler">;
  /** How many specs the run had, and how many of them did not apply or did not run. */
  specs: { all: number; notRun: number };
}

/** The matrix of a run with what it is of, small enough to be kept. */
export function coverageRecord(results: RunResults): CoverageRecord {
  const { suiteVersion, startedAt, runtime, handler } = results.run;
  const { notApplicable, notRun } = results.counts;
  return {
    run: { suiteVersion, startedAt, runtime, handler },
    specs: { all: results.specs.length, notRun: notApplicable + notRun },
    ...coverageOf(results),
  };
}

/** The matrix of a run; RPCs that the contract does not name come last, and runs without fields have none. */
export function coverageOf({ run, specs }: Pick<RunResults, "run" | "specs">): CoverageMatrix {
  const { rpcs = [], fields = [], exceptions } = run.contract ?? {};
  const notCalled = exceptions?.notCalled ?? {};
  const matrix = new Map<string, RpcCoverage>();
  const of = (rpc: string): RpcCoverage => {
    const reason = notCalled[rpc];
    const entry = matrix.get(rpc) ?? {
      ...{ rpc, about: 0, calledBy: 0, calls: 0, unexpected: 0 },
      ...(reason !== undefined && { notCalled: reason }),
    };
    matrix.set(rpc, entry);
    return entry;
  };
  for (const rpc of rpcs) of(rpc);
  const sent = new Tally();
  const received = new Tally();
  const asserted = new Tally();
  for (const spec of specs) {
    for (const rpc of spec.rpcs) {
      of(rpc).about++;
      if (!spec.asExpected) of(rpc).unexpected++;
    }
    const calls = spec.attempts.flatMap((attempt) => attempt.calls.map(({ method }) => method));
    for (const rpc of calls) of(rpc).calls++;
    for (const rpc of new Set(calls)) of(rpc).calledBy++;
    const touched = spec.attempts.flatMap(({ coverage }) => coverage ?? []);
    sent.add(touched.flatMap((coverage) => coverage.sent));
    received.add(touched.flatMap((coverage) => coverage.received));
    asserted.add(touched.flatMap((coverage) => coverage.asserted ?? []));
  }
  const reach = ({ name, in: sides, windowsOnly }: ContractField): FieldReach => {
    const notSent = exceptions?.notSent[name];
    const notAsserted = exceptions?.notAsserted[name];
    return {
      field: name,
      windowsOnly,
      ...(sides.includes("request") && { sentBy: sent.of(name), ...(notSent !== undefined && { notSent }) }),
      ...(sides.includes("reply") && {
        receivedBy: received.of(name),
        assertedBy: asserted.of(name),
        ...(notAsserted !== undefined && { notAsserted }),
      }),
    };
  };
  return { rpcs: [...matrix.values()], fields: fields.map(reach) };
}

/** What a run did not reach, fields for Windows left out. */
export interface CoverageGaps {
  notCalled: RpcCoverage[];
  notSent: FieldReach[];
  notAsserted: FieldReach[];
}

/** The RPCs and fields that nobody reached, whether that has a reason or not. */
export function gapsOf({ rpcs, fields }: CoverageMatrix): CoverageGaps {
  const expected = fields.filter(({ windowsOnly }) => !windowsOnly);
  return {
    notCalled: rpcs.filter(({ calls }) => calls === 0),
    notSent: expected.filter(({ sentBy }) => sentBy === 0),
    notAsserted: expected.filter(({ assertedBy }) => assertedBy === 0),
  };
}

/** The matrix in one sentence each for RPCs, requests and replies. */
export function coverageSummary(matrix: CoverageMatrix): string[] {
  const { rpcs, fields } = matrix;
  const gaps = gapsOf(matrix);
  const expected = fields.filter(({ windowsOnly }) => !windowsOnly);
  const requests = expected.filter(({ sentBy }) => sentBy !== undefined).length;
  const replies = expected.filter(({ assertedBy }) => assertedBy !== undefined).length;
  const called = `${rpcs.length - gaps.notCalled.length} of ${rpcs.length} RPCs were called.`;
  if (fields.length === 0) return [called];
  return [
    called,
    `${requests - gaps.notSent.length} of ${requests} fields of requests were sent, those for Windows not counted.`,
    `${replies - gaps.notAsserted.length} of ${replies} fields of replies were looked at by an expectation.`,
  ];
}

/** Counts specs by what they touched. */
class Tally {
  readonly #counts = new Map<string, number>();

  add(names: readonly string[]): void {
    for (const name of new Set(names)) this.#counts.set(name, this.of(name) + 1);
  }

  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }
}
