import { constants, monitorEventLoopDelay, performance, PerformanceObserver } from "node:perf_hooks";
import { msToNs } from "./clock.js";

/** How busy this process was while it measured; times in nanoseconds. */
export interface HarnessLoad {
  /** How much later than asked timers ran: the delay that any answer of the runtime may have met. */
  eventLoopDelay: { p50: number; p99: number; max: number };
  /** Share of the time in which the event loop was not idle, 0 to 1. */
  eventLoopUtilization: number;
  garbageCollection: { count: number; total: number; max: number; majorCount: number };
}

/**
 * Period of the timer that the delay is seen by, in milliseconds. Node reports the period as part of each value; it is
 * subtracted here.
 */
const RESOLUTION_MS = 5;

/** Observes the event loop and the garbage collector from its creation until `stop`. */
export class HarnessLoadMeter {
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #utilization = performance.eventLoopUtilization();
  readonly #collections = { count: 0, total: 0, max: 0, majorCount: 0 };
  readonly #observer = new PerformanceObserver((list) => this.#take(list.getEntries()));

  constructor() {
    this.#delay.enable();
    this.#observer.observe({ entryTypes: ["gc"] });
  }

  stop(): HarnessLoad {
    this.#delay.disable();
    this.#take(this.#observer.takeRecords());
    this.#observer.disconnect();
    const beyondPeriod = (valueNs: number) => Math.max(0, Math.round(valueNs) - msToNs(RESOLUTION_MS));
    const seen = this.#delay.count > 0;
    return {
      eventLoopDelay: {
        p50: seen ? beyondPeriod(this.#delay.percentile(50)) : 0,
        p99: seen ? beyondPeriod(this.#delay.percentile(99)) : 0,
        max: seen ? beyondPeriod(this.#delay.max) : 0,
      },
      eventLoopUtilization: performance.eventLoopUtilization(this.#utilization).utilization,
      garbageCollection: { ...this.#collections },
    };
  }

  #take(entries: PerformanceEntryList): void {
    for (const entry of entries) {
      const pauseNs = msToNs(entry.duration);
      this.#collections.count++;
      this.#collections.total += pauseNs;
      this.#collections.max = Math.max(this.#collections.max, pauseNs);
      const { kind } = (entry as { detail?: { kind?: number } }).detail ?? {};
      if (kind === constants.NODE_PERFORMANCE_GC_MAJOR) this.#collections.majorCount++;
    }
  }
}

type PerformanceEntryList = ReturnType<PerformanceObserver["takeRecords"]>;
