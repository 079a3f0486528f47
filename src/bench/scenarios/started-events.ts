import type { CriRpc } from "../../cri/client.js";
import { ContainerEventType } from "../../cri/gen/runtime/v1/api_pb.js";
import { formatDurationMs } from "../../support/duration.js";
import { nowNs } from "../core/clock.js";

/** A stream lives as long as its scenario; a day is longer than any. */
const STREAM_TIMEOUT_MS = 24 * 3_600_000;

/** A runtime that tells of a start this late does not tell of it at all. */
const EVENT_TIMEOUT_MS = 10_000;

/** Listens to GetContainerEvents and notes when it is told that a container has started. */
export class StartedEvents {
  readonly #seenNs = new Map<string, number>();
  readonly #waiting = new Map<string, () => void>();
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;
  #failure: Error | undefined;

  constructor(rpc: CriRpc) {
    this.#ended = this.#listen(rpc).catch((error: unknown) => {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      for (const wake of this.#waiting.values()) wake();
    });
  }

  /**
   * Waits for the event, which may have come before.
   *
   * @returns when it came, on the clock of `nowNs`.
   * @throws the stream's error when it has ended; Error when the event does not come; the signal's reason when aborted.
   */
  async of(containerId: string, signal: AbortSignal): Promise<number> {
    if (!this.#seenNs.has(containerId) && this.#failure === undefined) await this.#wait(containerId, signal);
    signal.throwIfAborted();
    const seenNs = this.#seenNs.get(containerId);
    if (seenNs !== undefined) return seenNs;
    throw this.#failure ?? new Error(`no event told of the start within ${formatDurationMs(EVENT_TIMEOUT_MS)}`);
  }

  /** Drops what was noted about a container. */
  forget(containerId: string): void {
    this.#seenNs.delete(containerId);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }

  async #listen(rpc: CriRpc): Promise<void> {
    const events = rpc.getContainerEvents({}, { signal: this.#stop.signal, timeoutMs: STREAM_TIMEOUT_MS });
    for await (const { containerId, containerEventType } of events) {
      if (containerEventType !== ContainerEventType.CONTAINER_STARTED_EVENT) continue;
      this.#seenNs.set(containerId, nowNs());
      this.#waiting.get(containerId)?.();
    }
    throw new Error("the runtime ended the stream of GetContainerEvents");
  }

  #wait(containerId: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", wake);
        this.#waiting.delete(containerId);
        resolve();
      };
      const timer = setTimeout(wake, EVENT_TIMEOUT_MS);
      signal.addEventListener("abort", wake, { once: true });
      this.#waiting.set(containerId, wake);
    });
  }
}
