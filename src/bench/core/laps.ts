import { systemClock, type Clock } from "./clock.js";

/** The stopwatch of one attempt: splits the time since its start into the scenario's phases. */
export class Laps {
  /** Duration of each phase that has ended, in nanoseconds, in the order of the phases. */
  readonly durationsNs: number[] = [];
  #lastNs: number;
  #skippedNs = 0;

  constructor(
    private readonly phases: readonly string[],
    private readonly startNs: number,
    private readonly clock: Clock = systemClock,
    private readonly signal?: AbortSignal,
  ) {
    this.#lastNs = startNs;
  }

  /**
   * Ends a phase; the next one begins at that moment.
   *
   * @param phase the phase that ends: the first declared one that has not ended yet.
   * @param atNs when it ended, on the clock of `nowNs`; an earlier moment than the phase's begin makes it 0 long.
   * @throws RangeError when it is another phase's turn; the signal's reason when the run was interrupted.
   */
  mark(phase: string, atNs: number = this.clock.nowNs()): void {
    const expected = this.phases[this.durationsNs.length];
    if (phase !== expected) throw new RangeError(`phase "${phase}" ended, but "${expected ?? "none"}" was under way`);
    const endNs = Math.max(atNs, this.#lastNs);
    this.durationsNs.push(endNs - this.#lastNs);
    this.#lastNs = endNs;
    this.signal?.throwIfAborted();
  }

  /** Leaves out the time since the last mark: it belongs to no phase and not to the total. */
  skip(): void {
    const nowNs = this.clock.nowNs();
    this.#skippedNs += nowNs - this.#lastNs;
    this.#lastNs = nowNs;
    this.signal?.throwIfAborted();
  }

  /** The phase under way; undefined after the last one. */
  get currentPhase(): string | undefined {
    return this.phases[this.durationsNs.length];
  }

  /** The phases together; without any, the time from the start to this moment. */
  totalNs(): number {
    const endNs = this.phases.length === 0 ? this.clock.nowNs() : this.#lastNs;
    return endNs - this.startNs - this.#skippedNs;
  }
}
