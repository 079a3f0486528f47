import { EnvironmentError } from "../config/errors.js";
import { preflight, type RuntimeIdentity } from "../config/preflight.js";
import { resolveEndpoints, type NamedEndpoint, type ResolvedEndpoints } from "../config/resolve-endpoints.js";
import { checkHandler } from "../config/runtime-handlers.js";
import { CriConnection } from "../cri/client.js";
import type { Endpoint } from "../cri/endpoint.js";
import { RpcError } from "../cri/rpc-error.js";
import type { Invocation } from "./invocation.js";
import { LAB_VARIABLE } from "./lab-variable.js";
import type { OptionKey } from "./options.js";
import { tell } from "./terminal.js";

/** A runtime that answered. */
export interface ConnectedRuntime extends Disposable {
  connection: CriConnection;
  endpoints: ResolvedEndpoints;
  identity: RuntimeIdentity;
}

/**
 * Connects to the runtime that the options, the environment or the host name, says which one and why, and makes sure
 * that it answers and knows the handler asked for.
 *
 * @throws UsageError or EnvironmentError in one sentence with the remedy
 */
export async function connectRuntime(invocation: Invocation): Promise<ConnectedRuntime> {
  const { options, terminal } = invocation;
  const endpoints = await findEndpoints(invocation);
  if (!options.quiet) tell(terminal, describeEndpoints(endpoints));
  const connection = new CriConnection(endpoints.runtime, endpoints.image);
  try {
    const { connectTimeoutMs } = endpoints;
    const identity = await preflight(connection, connectTimeoutMs === undefined ? {} : { answerMs: connectTimeoutMs });
    await checkHandler(connection.rpc(), options.runtimeHandler ?? "");
    return { connection, endpoints, identity, [Symbol.dispose]: () => connection.close() };
  } catch (error) {
    connection.close();
    if (error instanceof RpcError) throw new EnvironmentError(`${error.message}; look at the runtime's log.`);
    throw error;
  }
}

/** Resolves the endpoints from an invocation; see {@link resolveEndpoints}. */
export function findEndpoints({ options, sources, env }: Invocation): Promise<ResolvedEndpoints> {
  const named = (key: OptionKey, endpoint: Endpoint | undefined): NamedEndpoint | undefined =>
    endpoint && { endpoint, source: env[LAB_VARIABLE] ? `lab ${env[LAB_VARIABLE]}` : (sources.get(key)?.name ?? "") };
  const runtime = named("runtimeEndpoint", options.runtimeEndpoint);
  const image = named("imageEndpoint", options.imageEndpoint);
  return resolveEndpoints({
    ...(runtime && { runtime }),
    ...(image && { image }),
    // crictl reads this variable too.
    ...(env["CRI_CONFIG_FILE"] && { crictlConfigPath: env["CRI_CONFIG_FILE"] }),
  });
}

/** Which endpoints are used, and why. */
export function describeEndpoints(endpoints: ResolvedEndpoints): string {
  const { runtime, image, endpointSource, imageEndpointSource } = endpoints;
  const images = image.uri === runtime.uri ? "" : `; images: ${image.uri} (from ${imageEndpointSource})`;
  return `endpoint: ${runtime.uri} (from ${endpointSource})${images}`;
}
