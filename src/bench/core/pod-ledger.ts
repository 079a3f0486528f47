import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { CriRpc } from "../../cri/client.js";
import { NamespaceMode } from "../../cri/gen/runtime/v1/api_pb.js";
import type { RequestOf } from "../../cri/methods.js";
import { RpcError } from "../../cri/rpc-error.js";
import { waitUntil } from "../../support/wait-until.js";

/** Label on every pod and container of a run, with the run's id as its value: whoever finds one can tell whose it is. */
export const RUN_LABEL = "critique.dev/run";

export type PodConfig = NonNullable<RequestOf<"runPodSandbox">["config"]>;
export type ContainerConfig = NonNullable<RequestOf<"createContainer">["config"]>;

/** A pod that is configured and has a log folder; on the runtime it exists once `runPodSandbox` was called. */
export interface PodPlan {
  config: PodConfig;
  runtimeHandler: string;
  /** The log folder on this host; it exists and is empty. */
  logFolder: string;
}

export interface PodLedgerOptions {
  /** Calls that an interruption does not end. */
  rpc: CriRpc;
  runId: string;
  /** Runtime handler of every pod; empty for the runtime's default. */
  handler: string;
  /** Private folder for the pods' logs. */
  folder: string;
}

/** How long the last removal is tried again; each call in it has a deadline of its own besides. */
const REMOVAL_TIMEOUT_MS = 20_000;

/** Makes the configurations of a run's pods and containers, and takes everything off the runtime again. */
export class PodLedger {
  readonly #options: PodLedgerOptions;
  #made = 0;

  constructor(options: PodLedgerOptions) {
    this.#options = options;
  }

  /** Plans a pod with a name and uid of its own and the run's label. */
  async plan(): Promise<PodPlan> {
    const { runId, handler, folder } = this.#options;
    const name = `critique-${runId}-${++this.#made}`;
    const logFolder = join(folder, name);
    await mkdir(logFolder, { mode: 0o700 });
    const config: PodConfig = {
      metadata: { name, namespace: "critique-bench", uid: randomUUID(), attempt: 0 },
      hostname: name,
      logDirectory: logFolder,
      labels: { [RUN_LABEL]: runId },
      linux: { securityContext: { namespaceOptions: NAMESPACES } },
    };
    return { config, runtimeHandler: handler, logFolder };
  }

  /** Configures a container; its log is `NAME.log` in the pod's log folder. */
  container(name: string, image: string, command: readonly string[]): ContainerConfig {
    return {
      metadata: { name, attempt: 0 },
      image: { image },
      command: [...command],
      labels: { [RUN_LABEL]: this.#options.runId },
      logPath: `${name}.log`,
      linux: { securityContext: { namespaceOptions: NAMESPACES } },
    };
  }

  /** Stops and removes a pod with all its containers; no error when it is gone already. */
  async remove(podSandboxId: string): Promise<void> {
    const { rpc } = this.#options;
    await ignoreNotFound(rpc.stopPodSandbox({ podSandboxId }));
    await ignoreNotFound(rpc.removePodSandbox({ podSandboxId }));
  }

  /** Removes a pod's log folder. */
  async removeLogs(plan: PodPlan): Promise<void> {
    await rm(plan.logFolder, { recursive: true, force: true });
  }

  /** Removes one container's log. */
  async removeLog(plan: PodPlan, container: string): Promise<void> {
    await rm(join(plan.logFolder, `${container}.log`), { force: true });
  }

  /**
   * Removes every pod with the run's label until the runtime lists none: also those whose creation was interrupted
   * before it could tell their id.
   *
   * @throws WaitTimeoutError when some remain.
   */
  async removeAll(): Promise<void> {
    const { rpc, runId } = this.#options;
    const filter = { labelSelector: { [RUN_LABEL]: runId } };
    const noneLeft = async () => {
      const { items } = await rpc.listPodSandbox({ filter });
      // A runtime that ignores the filter must not cost others their pods.
      const own = items.filter(({ labels }) => labels[RUN_LABEL] === runId);
      for (const { id } of own) await this.remove(id);
      return own.length === 0;
    };
    await waitUntil(noneLeft, {
      description: `the runtime to list no pod with the label ${RUN_LABEL}=${runId}`,
      timeoutMs: REMOVAL_TIMEOUT_MS,
    });
  }
}

/** What the kubelet asks for by default: network and IPC of the pod's own, and a PID namespace per container. */
const NAMESPACES = { network: NamespaceMode.POD, ipc: NamespaceMode.POD, pid: NamespaceMode.CONTAINER };

async function ignoreNotFound(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof RpcError && error.is("NotFound"))) throw error;
  }
}
