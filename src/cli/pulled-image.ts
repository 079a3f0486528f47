import type { CriRpc } from "../cri/client.js";

/** From a registry on loopback a pull takes well under a second; a public image may take long. */
const PULL_TIMEOUT_MS = 300_000;

/** An image that is on the runtime as long as this is not disposed of. */
export interface PulledImage extends AsyncDisposable {
  reference: string;
}

/**
 * Makes an image available on the runtime; disposing removes it again, unless it was there before.
 * @throws RpcError when the runtime cannot pull it
 */
export async function pullImage(rpc: CriRpc, reference: string): Promise<PulledImage> {
  const spec = { image: { image: reference } };
  const { image: present } = await rpc.imageStatus(spec);
  if (!present) await rpc.pullImage(spec, { timeoutMs: PULL_TIMEOUT_MS });
  return {
    reference,
    [Symbol.asyncDispose]: async () => {
      if (!present) await rpc.removeImage(spec);
    },
  };
}
