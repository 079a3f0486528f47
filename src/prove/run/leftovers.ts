import { RUN_LABEL } from "../../harness/ownership.js";
import type { CriRpc } from "../../cri/client.js";
import { RpcError } from "../../cri/rpc-error.js";

/** The runtime does not answer any more, faults or not. */
export class RuntimeLostError extends Error {
  override name = "RuntimeLostError";
}

/** Removing a sandbox takes a runtime a second or two, more on a loaded machine. */
const REMOVAL_TIMEOUT_MS = 30_000;

/**
 * Removes what an attempt left on the runtime because a fault hid it from the suite's own clean-up. A sandbox belongs to
 * the attempt when its label or its name says so, for a fault may have taken either of them.
 *
 * @throws RuntimeLostError when the runtime does not answer
 */
export async function removeLeftovers(rpc: CriRpc, runId: string): Promise<void> {
  const { items } = await rpc.listPodSandbox({}).catch((error: Error) => {
    throw new RuntimeLostError(error.message);
  });
  const own = items.filter(
    ({ labels, metadata }) => labels[RUN_LABEL] === runId || metadata?.name.includes(runId) === true,
  );
  await Promise.all(
    own.map(async ({ id }) => {
      const options = { timeoutMs: REMOVAL_TIMEOUT_MS };
      try {
        await rpc.stopPodSandbox({ podSandboxId: id }, options);
        await rpc.removePodSandbox({ podSandboxId: id }, options);
      } catch (error) {
        // It stays until the lab goes; the next attempts have objects of their own.
        if (!(error instanceof RpcError)) throw error;
      }
    }),
  );
}
