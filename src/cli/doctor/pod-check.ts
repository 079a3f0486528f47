import { printable } from "../../config/printable.js";
import type { CriConnection, CriRpc } from "../../cri/client.js";
import { ignoreRpcError, RpcError } from "../../cri/rpc-error.js";
import { Ledger } from "../../harness/ledger/ledger.js";
import { Names, newRunId, ownedSandboxes } from "../../harness/ownership.js";
import type { Probe } from "../../harness/probe.js";
import { removeSandbox } from "../../harness/removal.js";
import { RuntimeClient } from "../../harness/runtime-client.js";
import { CNI_REMEDY } from "./cni-remedy.js";
import { about, type Diagnosis } from "./diagnosis.js";

/** A pod of a VM-based handler takes some seconds; a check may take eight. */
const POD_TIMEOUT_MS = 7_000;

/** Starts a pod sandbox without containers and removes it: are the pause image, the network and the handler in order? */
export async function checkPod(
  connection: CriConnection,
  handler: string,
  { cgroupDriver }: Pick<Probe, "cgroupDriver">,
): Promise<Diagnosis[]> {
  const { fine, fatal } = about("pod");
  const names = new Names(newRunId(), "doctor");
  const { runtimeEndpoint, imageEndpoint } = connection;
  const ledger = await Ledger.open({
    runId: names.runId,
    endpoint: runtimeEndpoint.uri,
    imageEndpoint: imageEndpoint.uri,
  });
  const rpc = connection.rpc({ timeoutMs: POD_TIMEOUT_MS, ...ledger.hooks });
  const runtime = new RuntimeClient({
    rpc,
    names,
    handler,
    cgroupDriver,
    ensureImage: () => Promise.reject(new Error("a sandbox alone needs no image")),
    logDirectory: () => Promise.resolve(""),
  });
  try {
    await runtime.runSandbox();
    await removeOwn(rpc, names.runId);
    ledger.podsAreGone();
    return [fine("a pod sandbox starts and is removed again")];
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    // A call that was given up may have left one; what cannot be removed now is in the ledger, for `critique clean`.
    await removeOwn(rpc, names.runId).then(() => ledger.podsAreGone(), ignoreRpcError);
    return [fatal(`${error.method}: ${error.codeName}: ${printable(error.details)}`, remedyFor(error.details))];
  } finally {
    ledger.close();
  }
}

async function removeOwn(rpc: CriRpc, runId: string): Promise<void> {
  for (const { id } of await ownedSandboxes(rpc, runId)) await removeSandbox(rpc, id);
}

/** What usually stands behind a pod that does not start, going by the runtime's words. */
function remedyFor(details: string): string {
  if (/sandbox image|pause/i.test(details)) {
    return "pull the runtime's pause image on this node, or name one that it can reach: sandbox_image in containerd 1, pinned_images.sandbox in containerd 2, pause_image in CRI-O, --pod-infra-container-image in cri-dockerd";
  }
  if (/cni|network/i.test(details)) return CNI_REMEDY;
  return "look at the runtime's log: no pod starts";
}
