import type { IterationError, IterationOutcome, Mode } from "./iteration.js";

/** Name of the metric that sums a scenario's phases. */
export const TOTAL = "total";

/** The measurements of one metric in the order in which they were made, in columns; whole nanoseconds. */
export interface Series {
  valuesNs: number[];
  /** When each measurement began, since the scenario's first iteration. */
  startOffsetsNs: number[];
}

/** A series that also knows which attempts had no value. */
interface AttemptSeries extends Series {
  /** Which attempt of its mode each value is of, counted from 0. */
  attempts: number[];
}

/** Errors with the same phase and message, counted. */
export interface ErrorGroup extends IterationError {
  count: number;
  /** When it was first seen, since the scenario's first iteration. */
  firstOffsetNs: number;
}

/** Different errors kept word by word; the rest is only counted, so that memory stays flat however much fails. */
const MAX_ERROR_GROUPS = 20;

/** Everything measured in one scenario. Nothing is dropped: an attempt gives a value or an error to every metric. */
export class SampleStore {
  /** The scenario's phases and `total`. */
  readonly metrics: readonly string[];
  readonly #series: Record<Mode, Map<string, AttemptSeries>>;
  readonly #errorGroups = new Map<string, ErrorGroup>();
  #originNs: number | undefined;
  #attempts: Record<Mode, number> = { warmup: 0, run: 0 };
  #otherErrors = 0;

  constructor(phases: readonly string[]) {
    this.metrics = [...phases, TOTAL];
    const empty = () =>
      new Map(this.metrics.map((metric) => [metric, { valuesNs: [], startOffsetsNs: [], attempts: [] }]));
    this.#series = { warmup: empty(), run: empty() };
  }

  add(mode: Mode, outcome: IterationOutcome): void {
    this.#originNs ??= outcome.startNs;
    const offsetNs = outcome.startNs - this.#originNs;
    const attempt = this.#attempts[mode]++;
    const values = outcome.totalNs === undefined ? outcome.phasesNs : [...outcome.phasesNs, outcome.totalNs];
    values.forEach((valueNs, index) => {
      const series = this.#seriesOf(mode, this.metrics[index]!);
      series.attempts.push(attempt);
      series.valuesNs.push(valueNs);
      series.startOffsetsNs.push(offsetNs);
    });
    for (const error of [outcome.error, outcome.concludeError]) if (error) this.addError(error, offsetNs);
  }

  /** @throws RangeError when the scenario has no such metric. */
  series(mode: Mode, metric: string): Series {
    const { valuesNs, startOffsetsNs } = this.#seriesOf(mode, metric);
    return { valuesNs, startOffsetsNs };
  }

  /** The values of the run by attempt; undefined where an attempt gave none. */
  valuesByAttempt(metric: string): (number | undefined)[] {
    const { valuesNs, attempts } = this.#seriesOf("run", metric);
    const byAttempt = new Array<number | undefined>(this.#attempts.run).fill(undefined);
    attempts.forEach((attempt, index) => (byAttempt[attempt] = valuesNs[index]));
    return byAttempt;
  }

  #seriesOf(mode: Mode, metric: string): AttemptSeries {
    const series = this.#series[mode].get(metric);
    if (series === undefined) throw new RangeError(`no metric "${metric}": there are ${this.metrics.join(", ")}`);
    return series;
  }

  attempts(mode: Mode): number {
    return this.#attempts[mode];
  }

  /** Attempts of the run that gave no value to the metric. */
  errors(metric: string): number {
    return this.#attempts.run - this.series("run", metric).valuesNs.length;
  }

  /** What went wrong, warm-up and conclusions included, in the order of first appearance. */
  get errorGroups(): readonly ErrorGroup[] {
    return [...this.#errorGroups.values()];
  }

  /** Errors not in `errorGroups` because there were too many different ones. */
  get otherErrors(): number {
    return this.#otherErrors;
  }

  /** Notes an error that belongs to no attempt, or, by `add`, to one. */
  addError(error: IterationError, firstOffsetNs = 0): void {
    const key = `${error.phase}\n${error.message}`;
    const group = this.#errorGroups.get(key);
    if (group) group.count++;
    else if (this.#errorGroups.size < MAX_ERROR_GROUPS)
      this.#errorGroups.set(key, { ...error, count: 1, firstOffsetNs });
    else this.#otherErrors++;
  }
}
