import type { CallRecord } from "../cri/client.js";

/**
 * Calls that only look something up, so that their duration tells of the runtime's load and not of what a spec does.
 * containerd 2.1 answers them within 5 ms; beside a processor hog on two cores they were seen to take 300 ms.
 */
const LOOK_UPS: ReadonlySet<string> = new Set([
  "Version",
  "Status",
  "ListPodSandbox",
  "PodSandboxStatus",
  "ListContainers",
  "ContainerStatus",
  "ImageStatus",
]);

/** A look-up that takes this long means that the runtime has more to do than it can. */
const OVERLOAD_MS = 2_000;

/**
 * How many specs run at the same time: additive increase, multiplicative decrease, as in TCP (RFC 5681). A runtime that
 * answers slowly gets half as many; it gets one more each time as many specs as are allowed have ended without trouble.
 * Verdicts do not depend on it.
 */
export class AdaptiveLimit {
  #current: number;
  /** Specs that ended since the last change. */
  #ended = 0;
  /** Specs still to end that were under way at the last decrease: their calls say nothing new. */
  #settling = 0;

  /**
   * @param maximum the most specs that run at the same time, and the number to begin with
   * @param onDecrease told of a decrease in words
   */
  constructor(
    private readonly maximum: number,
    private readonly onDecrease: (text: string) => void,
  ) {
    this.#current = maximum;
  }

  get current(): number {
    return this.#current;
  }

  /** Told of every call as it ends. */
  observe({ method, durationMs }: Pick<CallRecord, "method" | "durationMs">): void {
    if (!LOOK_UPS.has(method) || durationMs < OVERLOAD_MS) return;
    this.#ended = 0;
    if (this.#settling > 0 || this.#current === 1) return;
    this.#settling = this.#current;
    this.#current = Math.ceil(this.#current / 2);
    const seconds = (durationMs / 1_000).toFixed(1);
    this.onDecrease(`the runtime took ${seconds} s for ${method}: ${this.#current} specs at a time from now on`);
  }

  /** Told of every spec as it ends. */
  specEnded(): void {
    this.#settling = Math.max(0, this.#settling - 1);
    this.#ended++;
    if (this.#ended < this.#current || this.#current >= this.maximum) return;
    this.#ended = 0;
    this.#current++;
  }
}
