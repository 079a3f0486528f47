import { randomBytes, randomUUID } from "node:crypto";
import type { CallOptions, CriRpc } from "../cri/client.js";

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

/**
 * Sandboxes of a run. The label is checked here again: a runtime that ignores the filter must not make the suite
 * remove pods of others.
 */
export async function ownedSandboxes(
  rpc: CriRpc,
  runId: string,
  options: CallOptions = {},
): Promise<{ id: string; name: string; specId: string }[]> {
  const { items } = await rpc.listPodSandbox({ filter: { labelSelector: { [RUN_LABEL]: runId } } }, options);
  return items
    .filter((item) => item.labels[RUN_LABEL] === runId)
    .map((item) => ({ id: item.id, name: item.metadata?.name ?? "", specId: item.labels[SPEC_LABEL] ?? "" }));
}

/** Ids of the containers of a run, in the same way. */
export async function ownedContainers(rpc: CriRpc, runId: string): Promise<string[]> {
  const { containers } = await rpc.listContainers({ filter: { labelSelector: { [RUN_LABEL]: runId } } });
  return containers.filter((container) => container.labels[RUN_LABEL] === runId).map(({ id }) => id);
}
