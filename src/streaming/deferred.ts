/** A promise settled from outside. It never counts as an unhandled rejection: whoever cares awaits it. */
export class Deferred<T> {
  readonly promise: Promise<T>;
  #settled = false;
  #resolve!: (value: T) => void;
  #reject!: (error: Error) => void;

  constructor() {
    this.promise = new Promise<T>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.promise.catch(() => undefined);
  }

  get settled(): boolean {
    return this.#settled;
  }

  /** Resolves the promise unless it is settled already. */
  resolve(value: T): void {
    this.#settled = true;
    this.#resolve(value);
  }

  /** Rejects the promise unless it is settled already. */
  reject(error: Error): void {
    this.#settled = true;
    this.#reject(error);
  }
}
