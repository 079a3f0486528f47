import { checkHandler } from "../config/runtime-handlers.js";
import { EnvironmentError, UsageError } from "../config/errors.js";
import { preflight } from "../config/preflight.js";
import { CriConnection } from "../cri/client.js";
import { RpcError } from "../cri/rpc-error.js";
import { connectRuntime } from "./connect-runtime.js";
import type { Invocation } from "./invocation.js";
import { tell } from "./terminal.js";

/** A side of a comparison that answered. */
export interface ConnectedTarget {
  name: string;
  connection: CriConnection;
  handler: string;
  /** Who named the endpoint. */
  endpointSource: string;
}

export interface ConnectedTargets extends Disposable {
  targets: ConnectedTarget[];
}

/**
 * Connects to every target that the options name, and makes sure that each answers and knows its handler.
 *
 * @throws UsageError or EnvironmentError in one sentence with the remedy
 */
export async function connectTargets(invocation: Invocation): Promise<ConnectedTargets> {
  checkTargetOptions(invocation);
  return invocation.options.target.length > 0 ? connectEndpoints(invocation) : connectHandlers(invocation);
}

/**
 * What can be told from the options alone.
 * @throws UsageError when they name no two sides, or contradict each other
 */
export function checkTargetOptions({ options, sources }: Invocation): void {
  const { target: targets, handlers = [], baseline } = options;
  const endpoint = sources.get("runtimeEndpoint") ?? sources.get("imageEndpoint");
  if (targets.length > 0 && handlers.length > 0) {
    throw new UsageError("--target and --handlers exclude each other: a target names its handler after #; drop one.");
  }
  if (targets.length > 0 && options.lab !== undefined) {
    throw new UsageError("--target and --lab exclude each other: a lab has its own endpoint; drop one.");
  }
  if (targets.length > 0 && endpoint?.name.startsWith("--")) {
    throw new UsageError(`--target and ${endpoint.name} exclude each other: a target names its endpoint; drop one.`);
  }
  const names = targets.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new UsageError(`--target: "${twice}" stands twice; give each target a name of its own, such as ${twice}-2.`);
  }
  const count = Math.max(targets.length, handlers.length) + (baseline === undefined ? 0 : 1);
  if (count < 2) {
    throw new UsageError(
      `${count === 0 ? "Nothing is" : "Only one side is"} named to compare; give two, for example --handlers runc,crun, ` +
        "or --target old=unix:///run/old.sock --target new=unix:///run/new.sock.",
    );
  }
}

/** Several handlers of one runtime share a connection, so that no side has the better one. */
async function connectHandlers(invocation: Invocation): Promise<ConnectedTargets> {
  const runtime = await connectRuntime(invocation);
  const { connection, endpoints } = runtime;
  const dispose = () => runtime[Symbol.dispose]();
  try {
    const handlers = invocation.options.handlers ?? [];
    for (const handler of new Set(handlers)) await checkHandler(connection.rpc(), handler);
    const targets = handlers.map((handler, index) => {
      const before = handlers.slice(0, index).filter((other) => other === handler).length;
      const name = before === 0 ? handler : `${handler}-${before + 1}`;
      return { name, connection, handler, endpointSource: endpoints.endpointSource };
    });
    return { targets, [Symbol.dispose]: dispose };
  } catch (error) {
    dispose();
    throw explain(error);
  }
}

async function connectEndpoints({ options, terminal }: Invocation): Promise<ConnectedTargets> {
  const targets: ConnectedTarget[] = [];
  const dispose = () => targets.forEach(({ connection }) => connection.close());
  try {
    for (const { name, endpoint, handler } of options.target) {
      const connection = new CriConnection(endpoint, endpoint);
      targets.push({ name, connection, handler, endpointSource: "--target" });
      const { name: runtime, version } = await preflight(connection, { flag: `--target ${name}` });
      await checkHandler(connection.rpc(), handler);
      if (!options.quiet) tell(terminal, `${name}: ${runtime} ${version} at ${endpoint.uri}`);
    }
    return { targets, [Symbol.dispose]: dispose };
  } catch (error) {
    dispose();
    throw explain(error);
  }
}

function explain(error: unknown): unknown {
  return error instanceof RpcError ? new EnvironmentError(`${error.message}; look at the runtime's log.`) : error;
}
