import { AssertionError } from "chai";
import { RpcError } from "../cri/rpc-error.js";
import { StreamingError } from "../streaming/index.js";
import type { Lack, Mismatch, Outcome } from "../report/model.js";

/** Ends a spec as not applicable: what it is about does not exist here. Never use it for a wrong answer. */
export class NotApplicable extends Error {
  override name = "NotApplicable";
  constructor(
    /** Why, in words a reader of the report understands. */
    readonly reason: string,
    readonly lack: Lack = "runtime",
  ) {
    super(reason);
  }
}

/** Ends a spec at once with what did not hold, where going on makes no sense. */
export class ExpectationFailed extends Error {
  override name = "ExpectationFailed";
  constructor(readonly mismatch: Mismatch) {
    super(`${mismatch.subject}: expected ${mismatch.expected}, seen ${mismatch.seen}`);
  }
}

/** The environment failed in a way that says nothing about the runtime: no test image, no temporary folder. */
export class EnvironmentError extends Error {
  override name = "EnvironmentError";
}

/**
 * What an attempt amounts to, from the expectations that did not hold and what the body threw.
 * A failed call is a mismatch, and so is a failed streaming session: every one that a spec makes outside `expectError`
 * must succeed. Any other throw, with no
 * mismatch before it, is a defect of the suite.
 */
export function outcomeOf(mismatches: readonly Mismatch[], thrown: unknown): Outcome {
  if (thrown instanceof NotApplicable && mismatches.length === 0) {
    return { status: "notApplicable", reason: thrown.reason, lack: thrown.lack };
  }
  if (thrown instanceof ExpectationFailed) return { status: "mismatch", mismatches: [...mismatches, thrown.mismatch] };
  if (thrown instanceof RpcError) return { status: "mismatch", mismatches: [...mismatches, rpcMismatch(thrown)] };
  if (thrown instanceof StreamingError) {
    const mismatch = { subject: "streaming session", expected: "to go well", seen: thrown.message };
    return { status: "mismatch", mismatches: [...mismatches, mismatch] };
  }
  if (thrown instanceof AssertionError) {
    const mismatch = { subject: "assertion", expected: "to hold", seen: thrown.message };
    return { status: "mismatch", mismatches: [...mismatches, mismatch] };
  }
  if (thrown === undefined && mismatches.length === 0) return { status: "ok" };
  if (mismatches.length > 0) {
    return { status: "mismatch", mismatches: [...mismatches], ...(thrown !== undefined && { note: noteOf(thrown) }) };
  }
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const reason = error instanceof EnvironmentError ? error.message : `the spec itself failed: ${error.message}`;
  return { status: "broken", reason, ...(error.stack && { stack: error.stack }) };
}

function rpcMismatch(error: RpcError): Mismatch {
  const seen = error.local
    ? "no answer before the deadline of the call or its spec"
    : `${error.codeName} (${error.code}): ${error.details}`;
  return { subject: error.method, expected: "OK", seen };
}

function noteOf(thrown: unknown): string {
  return `the spec could not go on after that: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
}
