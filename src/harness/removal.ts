import { setTimeout as sleep } from "node:timers/promises";
import type { CriRpc } from "../cri/client.js";
import { RpcError } from "../cri/rpc-error.js";

/** A clean-up call that takes longer is reported as trouble; VM-based handlers stop within a few seconds. */
export const STEP_TIMEOUT_MS = 30_000;

/** A StartContainer that was given up ends within a second or two, gVisor's on a loaded machine included. */
const RETRY_MS = 10_000;

/**
 * Repeats a removal that is refused for now: a call that was given up goes on inside the runtime, and containerd
 * refuses to remove a container that is still starting.
 */
export async function untilDone(step: () => Promise<unknown>): Promise<void> {
  const deadlineMs = performance.now() + RETRY_MS;
  for (let pauseMs = 20; ; pauseMs *= 2) {
    try {
      await step();
      return;
    } catch (error) {
      // Gone is gone, and a server that is not there or does not know the call will not refuse less in a second.
      const isFinal =
        !(error instanceof RpcError) || error.is("NotFound", "Unavailable", "DeadlineExceeded", "Unimplemented");
      if (isFinal || performance.now() > deadlineMs) throw error;
    }
    await sleep(pauseMs);
  }
}

/** What may keep a stopped sandbox from being removed: see `StrayTasks`. */
export interface Obstacles {
  /** Takes them away, and returns whether there was one. */
  deleteOf(podSandboxId: string): Promise<boolean>;
}

/** Stops and removes a sandbox with its containers; what keeps it from that goes first, where the caller names it. */
export async function removeSandbox(rpc: CriRpc, podSandboxId: string, obstacles?: Obstacles): Promise<void> {
  const remove = () => rpc.removePodSandbox({ podSandboxId }, { timeoutMs: STEP_TIMEOUT_MS });
  await untilDone(() => rpc.stopPodSandbox({ podSandboxId }, { timeoutMs: STEP_TIMEOUT_MS }));
  try {
    await untilDone(remove);
  } catch (error) {
    const isRefused = error instanceof RpcError && error.is("FailedPrecondition");
    if (!isRefused || !(await obstacles?.deleteOf(podSandboxId))) throw error;
    await untilDone(remove);
  }
}

/** Stops and removes sandboxes with their containers, and returns what went wrong, one line each; gone is fine. */
export async function removeSandboxes(rpc: CriRpc, ids: Iterable<string>, obstacles?: Obstacles): Promise<string[]> {
  const trouble: string[] = [];
  await Promise.all(
    [...ids].map(async (id) => {
      try {
        await removeSandbox(rpc, id, obstacles);
      } catch (error) {
        if (!(error instanceof RpcError)) throw error;
        if (!error.is("NotFound")) trouble.push(`sandbox ${id}: ${error.message}`);
      }
    }),
  );
  return trouble;
}
