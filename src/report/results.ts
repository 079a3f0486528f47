import type {
  Attempt,
  Finding,
  KnownFailure,
  RunEnd,
  RunEvent,
  RunInfo,
  RunResults,
  SpecInfo,
  SpecResult,
  StreamingOffer,
  Verdict,
} from "./model.js";
import { judge } from "./verdict.js";

/** Looks up what was expected of a spec. */
export type Expectations = (id: string) => KnownFailure | undefined;

/**
 * Folds events into results, one event at a time, so that a report can be made at any moment of a run and again
 * later from events.ndjson.
 */
export class ResultsFold {
  #run: RunInfo | undefined;
  #end: RunEnd | undefined;
  #knownFailures = new Map<string, KnownFailure>();
  readonly #specs = new Map<string, SpecRecord>();
  readonly #findings: Finding[] = [];
  readonly #notes: string[] = [];
  readonly #streaming = new Map<string, StreamingOffer>();

  /** @param expectations what was expected of the specs, where it is not or no longer what the events say. */
  constructor(private readonly expectations: Expectations = (id) => this.#knownFailures.get(id)) {}

  add(event: RunEvent): void {
    switch (event.type) {
      case "runStarted":
        this.#run = event.run;
        this.#knownFailures = new Map(Object.entries(event.knownFailures ?? {}));
        for (const info of event.specs) this.#specs.set(info.id, { info, attempts: [], isUnderWay: false });
        break;
      case "runResumed":
        this.#end = undefined;
        for (const record of this.#specs.values()) record.isUnderWay = false;
        break;
      case "specStarted":
        this.#mark(event.id, true);
        break;
      case "specEnded":
        this.#mark(event.id, false);
        this.#specs.get(event.id)?.attempts.push(event.attempt);
        break;
      case "note":
        this.#notes.push(event.text);
        break;
      case "finding":
        this.#findings.push(event.finding);
        break;
      case "streamingOffers":
        // Another look, by another part of a merged run, replaces the first.
        for (const offer of event.offers)
          this.#streaming.set([offer.rpc, offer.transport, offer.protocol].join(" "), offer);
        break;
      case "runEnded":
        this.#end = event.end;
        break;
    }
  }

  /** What is known of one spec so far; undefined when no such spec was selected. */
  spec(id: string): SpecResult | undefined {
    const record = this.#specs.get(id);
    return record && this.#judge(record);
  }

  /** @throws Error when no runStarted event came */
  results(): RunResults {
    if (!this.#run) throw new Error("These events have no runStarted event; a run folder holds one as its first line.");
    const counts: Record<Verdict, number> = { passed: 0, failed: 0, flaky: 0, notApplicable: 0, broken: 0, notRun: 0 };
    const specs = [...this.#specs.values()].map((record) => this.#judge(record));
    for (const { verdict } of specs) counts[verdict]++;
    return {
      run: this.#run,
      ...(this.#end && { end: this.#end }),
      counts,
      specs,
      findings: this.#findings,
      notes: this.#notes,
      streaming: [...this.#streaming.values()],
    };
  }

  #mark(id: string, isUnderWay: boolean): void {
    const record = this.#specs.get(id);
    if (record) record.isUnderWay = isUnderWay;
  }

  #judge({ info, attempts, isUnderWay }: SpecRecord): SpecResult {
    const knownFailure = this.expectations(info.id);
    const judgement = judge(attempts, knownFailure);
    // A run that was killed leaves such a spec; often it is the one that explains the end.
    if (isUnderWay && attempts.length === 0) judgement.reason = "the spec was under way when the run ended";
    else if (attempts.length === 0 && this.#end) judgement.reason += `: ${this.#end.reason}`;
    const durationMs = attempts.reduce((sum, attempt) => sum + attempt.durationMs, 0);
    return { ...info, ...judgement, ...(knownFailure && { knownFailure }), durationMs, attempts };
  }
}

interface SpecRecord {
  info: SpecInfo;
  attempts: Attempt[];
  /** True between the start and the end of an attempt. */
  isUnderWay: boolean;
}
