import { randomBytes } from "node:crypto";
import type { CriRpc } from "../cri/client.js";
import { NamespaceMode } from "../cri/gen/runtime/v1/api_pb.js";
import { RpcError } from "../cri/rpc-error.js";
import { UsageError } from "./errors.js";
import { didYouMean } from "./nearest.js";
import { printable } from "./printable.js";

/**
 * Time for a trial pod: a first pod under a VM-based handler may pull its pause image and boot a machine.
 */
const TRIAL_TIMEOUT_MS = 60_000;

/** How runtimes word that they know no such handler (containerd, CRI-O, cri-dockerd). */
const UNKNOWN_HANDLER = /no runtime for|failed to find runtime handler|runtime ?handler .*not (?:found|supported)/i;

/**
 * Makes sure that the runtime knows a handler. Newer runtimes list theirs in Status, containerd 1.x in its verbose
 * form; any other runtime is asked for a pod on the host's network, which is removed at once.
 *
 * @throws UsageError when it does not; other trouble with the handler is for the specs to find
 */
export async function checkHandler(rpc: CriRpc, handler: string): Promise<void> {
  if (handler === "") return;
  const names = await listHandlers(rpc);
  if (names === undefined) return tryHandler(rpc, handler);
  if (names.includes(handler)) return;
  throw unknownHandler(handler, ` It has ${names.join(", ")}${didYouMean(handler, names) || "."}`);
}

/** The names of the runtime's handlers, or undefined when it does not say. */
export async function listHandlers(rpc: CriRpc): Promise<string[] | undefined> {
  const status = await rpc.status({ verbose: true });
  const listed = status.runtimeHandlers.map(({ name }) => name).filter((name) => name !== "");
  if (listed.length > 0) return listed;
  return containerdHandlers(status.info["config"]);
}

/** The keys of `containerd.runtimes` in containerd's configuration, as its verbose status shows it. */
function containerdHandlers(config: string | undefined): string[] | undefined {
  try {
    const parsed = JSON.parse(config ?? "null") as { containerd?: { runtimes?: Record<string, unknown> } } | null;
    const names = Object.keys(parsed?.containerd?.runtimes ?? {});
    return names.length > 0 ? names : undefined;
  } catch {
    return undefined;
  }
}

async function tryHandler(rpc: CriRpc, handler: string): Promise<void> {
  const uid = randomBytes(8).toString("hex");
  const { NODE } = NamespaceMode;
  try {
    const { podSandboxId } = await rpc.runPodSandbox(
      {
        runtimeHandler: handler,
        config: {
          metadata: { name: `critique-handler-${uid}`, namespace: "critique", uid },
          linux: { securityContext: { namespaceOptions: { network: NODE } } },
        },
      },
      { timeoutMs: TRIAL_TIMEOUT_MS },
    );
    await rpc.stopPodSandbox({ podSandboxId }).catch(() => undefined);
    await rpc.removePodSandbox({ podSandboxId });
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    if (UNKNOWN_HANDLER.test(error.details)) throw unknownHandler(handler, ` It says ${printable(error.details)}.`);
  }
}

function unknownHandler(handler: string, known: string): UsageError {
  return new UsageError(
    `The runtime has no handler "${handler}"; correct --runtime-handler, or add the handler to the runtime's configuration.${known}`,
  );
}
