import type { Lock } from "../../harness/spec.js";

/** The lock of a spec that nothing may run beside. */
const ALONE = "whole-node" satisfies Lock;

interface Waiting {
  locks: readonly Lock[];
  start: () => void;
}

/**
 * The locks of specs across all that run at the same time, whichever fault they run with: those with a lock in common run one
 * after the other, and one that holds `whole-node` runs alone. First come, first served, except that one whose locks are
 * taken lets others pass; it does so for `whole-node` only until its turn has come.
 */
export class LockTable {
  readonly #waiting: Waiting[] = [];
  readonly #held = new Set<Lock>();
  #running = 0;

  /** Runs something while it holds the locks. */
  async with<T>(locks: readonly Lock[], body: () => Promise<T>): Promise<T> {
    await new Promise<void>((start) => {
      this.#waiting.push({ locks, start });
      this.#startNext();
    });
    try {
      return await body();
    } finally {
      this.#running--;
      for (const lock of locks) this.#held.delete(lock);
      this.#startNext();
    }
  }

  #startNext(): void {
    for (const waiting of [...this.#waiting]) {
      const alone = waiting.locks.includes(ALONE);
      if (this.#held.has(ALONE) || (alone && this.#running > 0)) {
        // Nobody passes one that waits to be alone, or it would wait for ever.
        if (alone) return;
        continue;
      }
      if (waiting.locks.some((lock) => this.#held.has(lock))) continue;
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      this.#running++;
      for (const lock of waiting.locks) this.#held.add(lock);
      waiting.start();
    }
  }
}
