import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../../src/bench/core/clock.js";

/** A clock whose time passes only when everybody waits: what depends on time runs at once and always alike. */
export class VirtualClock implements Clock {
  #nowNs = 0;
  readonly #sleepers: { atNs: number; wake: () => void }[] = [];

  readonly nowNs = (): number => this.#nowNs;

  readonly sleepUntilNs = (atNs: number, signal?: AbortSignal): Promise<void> => {
    if (atNs <= this.#nowNs || signal?.aborted) return Promise.resolve();
    return new Promise((wake) => this.#sleepers.push({ atNs, wake }));
  };

  /** Waits for a promise, moving on to the next awaited moment whenever nothing else is left to do. */
  async run<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const settle = () => (settled = true);
    promise.then(settle, settle);
    for (;;) {
      await setImmediate();
      if (settled) return promise;
      this.#sleepers.sort((a, b) => a.atNs - b.atNs);
      const next = this.#sleepers.shift();
      if (!next) throw new Error("everybody waits, and nobody for the clock");
      this.#nowNs = Math.max(this.#nowNs, next.atNs);
      next.wake();
    }
  }
}
