import type { Spec } from "../../harness/spec.js";
import type { BaselineRecord } from "../result/model.js";
import { sideBySide } from "./side-by-side.js";
import type { Stage } from "./stage.js";

/**
 * Runs every spec through a proxy that only passes on, and notes what each did; one that fails gets a second attempt.
 * @param onRecord told of every spec as it ends
 */
export async function runBaseline(
  stage: Stage,
  specs: readonly Spec[],
  { parallel, timeoutMs, signal }: { parallel: number; timeoutMs: number; signal: AbortSignal },
  onRecord: (record: BaselineRecord) => void,
): Promise<void> {
  // The slow ones first, so that the end does not wait for them, and last those that make all others wait.
  const turn = ({ info, locks }: Spec): number =>
    locks.includes("whole-node") ? 2 : info.tags.includes("slow") ? 0 : 1;
  const inTurn = [...specs].sort((a, b) => turn(a) - turn(b));
  await sideBySide(inTurn, parallel, signal, async (spec) => {
    const once = () => stage.attempt(spec, {}, spec.timeoutMs ?? timeoutMs);
    const first = await once();
    // What a busy node made fail would be lost as a witness for the whole run.
    const { attempt, trace } = first.attempt.outcome.status === "mismatch" && !signal.aborted ? await once() : first;
    const { outcome } = attempt;
    if (outcome.status === "notRun") return;
    const { id, title, area, level, clause, rpcs } = spec.info;
    onRecord({
      id,
      title,
      area,
      level,
      clause,
      rpcs,
      status: outcome.status === "ok" ? "passed" : outcome.status === "mismatch" ? "failed" : outcome.status,
      reason: reasonOf(outcome),
      durationMs: Math.round(attempt.durationMs),
      calls: trace.calls,
      sent: [...trace.sent].sort(),
      received: [...trace.received].sort(),
      read: attempt.coverage?.read ?? [],
    });
  });
}

/** Why an attempt did not pass, in one sentence; empty where it did. */
export function reasonOf(outcome: Awaited<ReturnType<Stage["attempt"]>>["attempt"]["outcome"]): string {
  switch (outcome.status) {
    case "ok":
      return "";
    case "mismatch": {
      const [first] = outcome.mismatches;
      return first ? `${first.subject}: expected ${first.expected}, seen ${first.seen}`.slice(0, 500) : "";
    }
    default:
      return outcome.reason.slice(0, 500);
  }
}
