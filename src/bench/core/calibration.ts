import type { CriRpc } from "../../cri/client.js";
import { inspectClock, nowNs, type ClockFacts } from "./clock.js";
import { HarnessLoadMeter, type HarnessLoad } from "./harness-load.js";
import type { Series } from "./sample-store.js";

/** What this process and its client cost by themselves: no difference below it says anything about a runtime. */
export interface Calibration {
  clock: ClockFacts;
  /** Round trips of the Version RPC, the smallest call there is. */
  version: Series;
  warmupCount: number;
  harness: HarnessLoad;
}

/**
 * Calls before V8 has compiled the client's path: on a busy 2-CPU virtual machine the median of 500 calls in a row fell
 * from 511 to 278 us within the first 3500 calls, the 99th percentile from 2.7 to 1.3 ms, and both stayed there.
 */
const WARMUP_CALLS = 3_500;

/** Enough for p99.9 to be a value below the largest. */
const MEASURED_CALLS = 2_000;

/**
 * Measures the floor, which takes about a second.
 *
 * @throws RpcError when the runtime does not answer Version.
 */
export async function calibrate(rpc: CriRpc, signal: AbortSignal): Promise<Calibration> {
  const clock = inspectClock();
  for (let call = 0; call < WARMUP_CALLS; call++) {
    signal.throwIfAborted();
    await rpc.version({});
  }
  const meter = new HarnessLoadMeter();
  const version: Series = { valuesNs: [], startOffsetsNs: [] };
  const originNs = nowNs();
  for (let call = 0; call < MEASURED_CALLS; call++) {
    signal.throwIfAborted();
    const startNs = nowNs();
    await rpc.version({});
    version.valuesNs.push(nowNs() - startNs);
    version.startOffsetsNs.push(startNs - originNs);
  }
  return { clock, version, warmupCount: WARMUP_CALLS, harness: meter.stop() };
}
