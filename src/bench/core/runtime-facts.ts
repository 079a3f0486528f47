import type { CriRpc } from "../../cri/client.js";
import { CgroupDriver } from "../../cri/gen/runtime/v1/api_pb.js";
import { RpcError } from "../../cri/rpc-error.js";
import { readHandlerFacts, type HandlerFacts } from "./handler-facts.js";

/** The runtime as it describes itself. What it does not answer is left out. */
export interface RuntimeFacts {
  name: string;
  version: string;
  apiVersion: string;
  /** Handlers it announces (StatusResponse.runtime_handlers, since Kubernetes 1.30); empty from older runtimes. */
  handlers: string[];
  /** Conditions that are not met, such as a network that is not ready. */
  unmetConditions: string[];
  /** RuntimeConfigResponse.linux.cgroup_driver. */
  cgroupDriver?: string;
  /** Set-up of the handler that is measured. */
  handler: HandlerFacts;
}

/**
 * Asks Version, Status and RuntimeConfig.
 *
 * @param handler of the pods; empty for the runtime's default
 *
 * @throws RpcError when Version or Status fails; RuntimeConfig may be Unimplemented.
 */
export async function readRuntimeFacts(rpc: CriRpc, handler: string): Promise<RuntimeFacts> {
  const version = await rpc.version({});
  const { status, runtimeHandlers, info } = await rpc.status({ verbose: true });
  const cgroupDriver = await readCgroupDriver(rpc);
  return {
    name: version.runtimeName,
    version: version.runtimeVersion,
    apiVersion: version.runtimeApiVersion,
    handlers: runtimeHandlers.map(({ name }) => name),
    unmetConditions: (status?.conditions ?? [])
      .filter((condition) => !condition.status)
      .map(({ type, reason, message }) => `${type}: ${reason}: ${message}`.slice(0, 500)),
    ...(cgroupDriver !== undefined && { cgroupDriver }),
    handler: await readHandlerFacts(info["config"], handler),
  };
}

async function readCgroupDriver(rpc: CriRpc): Promise<string | undefined> {
  try {
    const { linux } = await rpc.runtimeConfig({});
    return linux && CgroupDriver[linux.cgroupDriver];
  } catch (error) {
    if (error instanceof RpcError && error.is("Unimplemented")) return undefined;
    throw error;
  }
}
