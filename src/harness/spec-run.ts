import { AsyncLocalStorage } from "node:async_hooks";
import { setMaxListeners } from "node:events";
import type { CallRecord } from "../cri/client.js";
import type { Ledger } from "./ledger/ledger.js";
import type { Mismatch } from "../report/model.js";
import { FieldReads } from "./field-reads.js";

/**
 * The record of one attempt while its body runs. Expectations write into it through `currentRun`, so that a spec
 * can state several facts and a failure shows all of them.
 */
export class SpecRun {
  readonly mismatches: Mismatch[] = [];
  readonly notes: string[] = [];
  /** Fields of replies that the body read, and those that its expectations rest on. */
  readonly reads = new FieldReads();
  readonly calls: CallRecord[] = [];
  readonly startedMs = performance.now();
  readonly #abort = new AbortController();

  constructor(
    readonly id: string,
    /** Where what changes the host is written down first. */
    readonly ledger?: Ledger,
  ) {
    // Every call under way listens; a spec may have many at once.
    setMaxListeners(0, this.signal);
  }

  /** Aborted when the spec's deadline passes or the run is stopped; ends every call and stream of the spec. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  abort(reason: string): void {
    this.#abort.abort(new Error(reason));
  }
}

const storage = new AsyncLocalStorage<SpecRun>();

/** Runs a body so that expectations inside it are collected. */
export function withRun<T>(run: SpecRun, body: () => T): T {
  return storage.run(run, body);
}

/** The attempt on whose behalf the caller runs, if any. */
export function currentRun(): SpecRun | undefined {
  return storage.getStore();
}
