import type { CallRecord } from "../cri/client.js";

/**
 * What calls take, in ms, on a runtime that has more to do than it can. They are calls whose duration tells of the
 * runtime's load and not of what a spec does, but for NET-008, whose network plugin is slow: fewer specs for a moment.
 *
 * Those that only look something up containerd 2.1 answers within 5 ms; beside a processor hog on two cores they were seen
 * to take 300 ms. Those that start processes take 0.1 to 0.4 s with runc, and 1.4 s with gVisor on a slow node, where six
 * specs at a time on two processors made them take 6 s in the median and 29 s at most.
 */
const OVERLOAD_MS: ReadonlyMap<string, number> = new Map([
  ["Version", 2_000],
  ["Status", 2_000],
  ["ListPodSandbox", 2_000],
  ["PodSandboxStatus", 2_000],
  ["ListContainers", 2_000],
  ["ContainerStatus", 2_000],
  ["ImageStatus", 2_000],
  ["RunPodSandbox", 5_000],
  ["StartContainer", 5_000],
]);

/**
 * How many specs run at the same time: additive increase, multiplicative decrease, as in TCP (RFC 5681). A runtime that
 * answers slowly gets half as many; it gets one more each time as many specs as are allowed have ended without trouble.
 * Verdicts do not depend on it.
 */
export class AdaptiveLimit {
  #current: number;
  /** Only a decrease below it is told of. */
  #lowest: number;
  /** Specs that ended since the last change. */
  #ended = 0;
  /** Specs still to end that were under way at the last decrease: their calls say nothing new. */
  #settling = 0;

  /**
   * @param maximum the most specs that run at the same time, and the number to begin with
   * @param onDecrease told in words of a decrease to fewer than ever before
   */
  constructor(
    private readonly maximum: number,
    private readonly onDecrease: (text: string) => void,
  ) {
    this.#current = maximum;
    this.#lowest = maximum;
  }

  get current(): number {
    return this.#current;
  }

  /** Told of every call as it ends. */
  observe({ method, durationMs }: Pick<CallRecord, "method" | "durationMs">): void {
    if (durationMs < (OVERLOAD_MS.get(method) ?? Infinity)) return;
    this.#ended = 0;
    if (this.#settling > 0 || this.#current === 1) return;
    this.#settling = this.#current;
    this.#current = Math.ceil(this.#current / 2);
    if (this.#current >= this.#lowest) return;
    this.#lowest = this.#current;
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
