import type { Spec } from "../../harness/spec.js";
import type { Fault } from "../faults/fault.js";
import type { BaselineRecord, Trial } from "../result/model.js";
import { reasonOf } from "./baseline.js";
import type { Stage } from "./stage.js";

/**
 * How long a spec may take with a fault beyond what it took without: a condition that never comes true is given up after ten
 * seconds, and a call that is not answered is the fault's doing.
 */
const HANG_MS = 15_000;

/** Runs one spec against one fault. */
export async function tryFault(stage: Stage, spec: Spec, record: BaselineRecord, fault: Fault): Promise<Trial> {
  let hits = 0;
  const disturbance = fault.make(() => hits++);
  const calls = fault.reach.rpcs.reduce((sum, rpc) => sum + (record.calls[rpc]?.count ?? 0), 0);
  const timeoutMs = 3 * record.durationMs + HANG_MS + (fault.delayMs ?? 0) * calls;
  const { attempt } = await stage.attempt(spec, disturbance, timeoutMs);
  return {
    spec: spec.info.id,
    end: endOf(attempt.outcome.status, hits),
    reason: reasonOf(attempt.outcome),
    durationMs: Math.round(attempt.durationMs),
  };
}

function endOf(
  status: Awaited<ReturnType<Stage["attempt"]>>["attempt"]["outcome"]["status"],
  hits: number,
): Trial["end"] {
  if (hits === 0) return "unhurt";
  switch (status) {
    case "ok":
      return "passed";
    case "mismatch":
      return "killed";
    case "broken":
      return "broke";
    case "notApplicable":
    case "notRun":
      return "gaveUp";
  }
}
