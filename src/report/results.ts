import type {
  Attempt,
  Finding,
  KnownFailure,
  RunEnd,
  RunEvent,
  RunInfo,
  RunResults,
  SpecInfo,
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
  readonly #specs = new Map<string, { info: SpecInfo; attempts: Attempt[] }>();
  readonly #findings: Finding[] = [];
  readonly #notes: string[] = [];

  constructor(private readonly expectations: Expectations = () => undefined) {}

  add(event: RunEvent): void {
    switch (event.type) {
      case "runStarted":
        this.#run = event.run;
        for (const info of event.specs) this.#specs.set(info.id, { info, attempts: [] });
        break;
      case "specEnded":
        this.#specs.get(event.id)?.attempts.push(event.attempt);
        break;
      case "note":
        this.#notes.push(event.text);
        break;
      case "finding":
        this.#findings.push(event.finding);
        break;
      case "runEnded":
        this.#end = event.end;
        break;
      case "specStarted":
        break;
    }
  }

  /** @throws Error when no runStarted event came */
  results(): RunResults {
    if (!this.#run) throw new Error("These events have no runStarted event; a run folder holds one as its first line.");
    const counts: Record<Verdict, number> = { passed: 0, failed: 0, flaky: 0, notApplicable: 0, broken: 0, notRun: 0 };
    const specs = [...this.#specs.values()].map(({ info, attempts }) => {
      const knownFailure = this.expectations(info.id);
      const judgement = judge(attempts, knownFailure);
      counts[judgement.verdict]++;
      const durationMs = attempts.reduce((sum, attempt) => sum + attempt.durationMs, 0);
      return { ...info, ...judgement, ...(knownFailure && { knownFailure }), durationMs, attempts };
    });
    return {
      run: this.#run,
      ...(this.#end && { end: this.#end }),
      counts,
      specs,
      findings: this.#findings,
      notes: this.#notes,
    };
  }
}
