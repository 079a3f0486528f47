import type { DescMessage, DescMethodUnary, MessageInitShape } from "@bufbuild/protobuf";
import { constants } from "node:os";
import type { CriConnection } from "../cri/client.js";
import { Tasks } from "../cri/gen/containerd/tasks_pb.js";
import { ContainerState } from "../cri/gen/runtime/v1/api_pb.js";
import { ignoreRpcError } from "../cri/rpc-error.js";
import { STEP_TIMEOUT_MS, untilDone } from "./removal.js";

/** containerd's CRI service keeps all that it makes in this namespace of containerd's. */
const METADATA = { "containerd-namespace": "k8s.io" };

/**
 * Tasks that containerd has of containers which do not run for its CRI service, and which then cannot be removed by it:
 * "cannot delete running task". One stays when the client of StartContainer goes away just when its task was made, seen
 * once in a hundred such ends with containerd 1.6.20, 1.7.24 and 2.1.9.
 *
 * They go over the tasks service that containerd serves at its CRI endpoint; other runtimes answer Unimplemented to it.
 */
export class StrayTasks {
  /** What was deleted, one line each. */
  readonly deleted: string[] = [];

  constructor(private readonly connection: CriConnection) {}

  /** Deletes those of a stopped sandbox of the suite's own, and returns whether there was one. */
  async deleteOf(podSandboxId: string): Promise<boolean> {
    const rpc = this.connection.rpc({ timeoutMs: STEP_TIMEOUT_MS });
    const { containers } = await rpc.listContainers({ filter: { podSandboxId } });
    // The filter is checked here again: a runtime that ignores it must not make the suite end containers of others.
    const stopped = containers.filter(
      (container) => container.podSandboxId === podSandboxId && container.state !== ContainerState.CONTAINER_RUNNING,
    );
    const found = await Promise.all([...stopped.map(({ id }) => id), podSandboxId].map((id) => this.#delete(id)));
    return found.includes(true);
  }

  async #delete(containerId: string): Promise<boolean> {
    const call = <I extends DescMessage, O extends DescMessage>(
      desc: DescMethodUnary<I, O>,
      request: MessageInitShape<I>,
    ) => this.connection.callBeside(desc, request, { timeoutMs: STEP_TIMEOUT_MS, metadata: METADATA });
    // As a rule it has ended already, and the signal is refused.
    await call(Tasks.method.kill, { containerId, signal: constants.signals.SIGKILL, all: true }).catch(ignoreRpcError);
    try {
      await untilDone(() => call(Tasks.method.delete, { containerId }));
    } catch (error) {
      // There is none, or it does not go: then what the removal itself was refused with tells more.
      ignoreRpcError(error);
      return false;
    }
    this.deleted.push(`task of container ${containerId}, which kept the container from being removed`);
    return true;
  }
}
