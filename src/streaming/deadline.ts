import type { Link } from "./channel.js";
import { ConnectionLostError, StreamAbortedError, StreamingError, StreamTimeoutError } from "./errors.js";

/** How long a caller is willing to wait, and how it changes its mind. */
export interface Patience {
  /** Ends the operation, and later the session that it opened: everything rejects with {@link StreamAbortedError}. */
  signal?: AbortSignal;
  /** Time to get through connecting, upgrading and opening streams. Default 10 s. */
  connectTimeoutMs?: number;
}

/** containerd answers within milliseconds; a VM-based runtime that starts an agent session needs a second or two. */
const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;

/** Joins a caller's AbortSignal and a timeout into one signal whose reason is always a {@link StreamingError}. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #callerSignal: AbortSignal | undefined;
  readonly #onCallerAbort = () => this.#controller.abort(new StreamAbortedError(this.#callerSignal?.reason));

  /** @param goal what is waited for, as it reads in "waited 10000 ms for GOAL". */
  constructor({ signal, connectTimeoutMs = DEFAULT_CONNECT_TIMEOUT_MS }: Patience, goal: string) {
    this.#callerSignal = signal;
    this.#timer = setTimeout(() => {
      this.#controller.abort(new StreamTimeoutError(`waited ${connectTimeoutMs} ms for ${goal}`));
    }, connectTimeoutMs);
    if (signal?.aborted) this.#onCallerAbort();
    signal?.addEventListener("abort", this.#onCallerAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** @throws the typed reason once the time is up or the caller aborted. */
  throwIfOver(): void {
    this.signal.throwIfAborted();
  }

  /** Runs `cancel` with the typed reason when the deadline passes; gives a function that takes the watch back. */
  onOver(cancel: (reason: StreamingError) => void): () => void {
    const listener = () => cancel(this.signal.reason as StreamingError);
    if (this.signal.aborted) listener();
    else this.signal.addEventListener("abort", listener, { once: true });
    return () => this.signal.removeEventListener("abort", listener);
  }

  /** The promise's outcome, or a rejection with the typed reason if the deadline passes first. */
  async race<T>(promise: Promise<T>): Promise<T> {
    let forget: () => void = () => undefined;
    const over = new Promise<never>((_, reject) => (forget = this.onOver(reject)));
    try {
      return await Promise.race([promise, over]);
    } finally {
      forget();
    }
  }

  /** Opens something on a link within the deadline. Whatever goes wrong ends the link, so that nothing is left behind. */
  async openOn<T>(link: Link, open: () => Promise<T>): Promise<T> {
    try {
      return await this.race(open());
    } catch (error) {
      link.abort(error instanceof StreamingError ? error : new ConnectionLostError("opening failed", { cause: error }));
      throw error;
    }
  }

  /** Stops the clock and lets go of the caller's signal. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#callerSignal?.removeEventListener("abort", this.#onCallerAbort);
  }
}

/** Aborts a session's link when the caller's signal says so, for as long as the link lives. */
export function endOnAbort(link: Link, signal: AbortSignal | undefined): void {
  if (signal === undefined) return;
  const onAbort = () => link.abort(new StreamAbortedError(signal.reason));
  signal.addEventListener("abort", onAbort, { once: true });
  void link.ended.then(() => signal.removeEventListener("abort", onAbort));
  if (signal.aborted) onAbort();
}
