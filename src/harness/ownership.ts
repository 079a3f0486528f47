import { randomBytes, randomUUID } from "node:crypto";

/** Label on everything the suite creates; its value is the run id. Clean-up touches nothing without it. */
export const RUN_LABEL = "critique.dev/run";
/** Label that names the spec an object belongs to. */
export const SPEC_LABEL = "critique.dev/spec";

/** An id for a run: sortable by time, unique, short enough for names. */
export function newRunId(now: Date = new Date()): string {
  const stamp = now.toISOString().replace(/\D/g, "").slice(2, 14);
  return `${stamp}-${randomBytes(3).toString("hex")}`;
}

/** Makes names that no other user, run or spec has. */
export class Names {
  #count = 0;

  constructor(
    readonly runId: string,
    readonly specId: string,
  ) {}

  /** `critique-RUN-SPEC-N`: unique, lower case, valid as a pod name. */
  next(): string {
    return `critique-${this.runId}-${this.specId.toLowerCase()}-${this.#count++}`;
  }

  uid(): string {
    return randomUUID();
  }

  get labels(): Record<string, string> {
    return { [RUN_LABEL]: this.runId, [SPEC_LABEL]: this.specId };
  }
}
