import { stat } from "node:fs/promises";
import { Client, credentials } from "@grpc/grpc-js";
import type { CriConnection } from "../cri/client.js";
import type { Endpoint } from "../cri/endpoint.js";
import { RpcError } from "../cri/rpc-error.js";
import { formatDurationMs } from "../support/duration.js";
import { EnvironmentError, systemErrorCode, systemErrorReason, UsageError } from "./errors.js";
import { greet } from "./http2-probe.js";
import { printable } from "./printable.js";
import { WELL_KNOWN_SOCKETS } from "./resolve-endpoints.js";

/**
 * Time until something must have greeted as an HTTP/2 server: a user shall not wait for more than two seconds, the
 * program's start included, to hear that nothing answers.
 */
const GREETING_MS = 1100;

/**
 * Time for a gRPC server to answer. containerd 1.6 answers Version within 3 ms at p99, but just started, on two
 * processors with twelve programs wanting them, it was seen to take more than a second.
 */
const ANSWER_MS = 5000;

/** What a runtime calls itself. */
export interface RuntimeIdentity {
  name: string;
  version: string;
  /** The CRI version it speaks, for instance `v1`. */
  apiVersion: string;
}

export interface PreflightOptions {
  /** Time for a gRPC server to answer the first call, in milliseconds. */
  answerMs?: number;
  signal?: AbortSignal;
  /** The option to correct where the runtime's endpoint is wrong. Default `--runtime-endpoint`. */
  flag?: string;
}

/**
 * Makes sure that a CRI v1 runtime answers at both endpoints, and turns whatever is in the way into one sentence.
 *
 * @throws UsageError when the endpoint can be no runtime's: no such file, no socket, a name that does not resolve, or
 *   something that speaks no gRPC
 * @throws EnvironmentError when it could be but does not answer as one: permission denied, connection refused, silence,
 *   a call that hangs, a server without CRI or only with v1alpha2
 */
export async function preflight(connection: CriConnection, options: PreflightOptions = {}): Promise<RuntimeIdentity> {
  const { runtimeEndpoint, imageEndpoint } = connection;
  const timeoutMs = options.answerMs ?? ANSWER_MS;
  const rpc = connection.rpc({ timeoutMs, ...(options.signal && { signal: options.signal }) });
  await checkServer(runtimeEndpoint, options.flag ?? "--runtime-endpoint");
  const identity = await rpc
    .version({})
    .catch((error: unknown) => explain(error, runtimeEndpoint, "RuntimeService", timeoutMs));
  if (imageEndpoint.target !== runtimeEndpoint.target) {
    await checkServer(imageEndpoint, "--image-endpoint");
    await rpc
      .listImages({ filter: { image: { image: "critique.invalid/preflight" } } })
      .catch((error: unknown) => explain(error, imageEndpoint, "ImageService", timeoutMs));
  }
  const { runtimeName, runtimeVersion, runtimeApiVersion } = identity;
  return { name: runtimeName, version: runtimeVersion, apiVersion: runtimeApiVersion };
}

/** Makes sure that a gRPC server listens there. */
async function checkServer(endpoint: Endpoint, flag: string): Promise<void> {
  const { uri } = endpoint;
  if (endpoint.socketPath !== undefined) await checkSocketFile(endpoint.socketPath, flag);
  const greeting = await greet(endpoint, GREETING_MS);
  switch (greeting.is) {
    case "http2":
      return;
    case "unreachable":
      throw unreachable(uri, flag, greeting.error);
    case "silent":
      throw new EnvironmentError(
        `${uri} accepts connections but said nothing within ${formatDurationMs(GREETING_MS)}: the runtime hangs, or it is no gRPC server; restart it, or correct ${flag}.`,
      );
    case "closed":
      throw new UsageError(
        `${uri} is no gRPC server: it hung up on an HTTP/2 greeting; correct ${flag}, it must be the runtime's CRI socket.`,
      );
    case "foreign": {
      const what = isTls(greeting.bytes)
        ? "it speaks TLS, and CRI is plain"
        : `it answered ${printable(greeting.bytes)}`;
      throw new UsageError(`${uri} is no gRPC server: ${what}; correct ${flag}, it must be the runtime's CRI socket.`);
    }
  }
}

async function checkSocketFile(path: string, flag: string): Promise<void> {
  try {
    if ((await stat(path)).isSocket()) return;
  } catch (error) {
    if (systemErrorCode(error) === "EACCES") throw permissionDenied(path);
    throw new UsageError(`There is no socket "${path}" (${systemErrorReason(error)})${await otherSockets(path, flag)}`);
  }
  throw new UsageError(`"${path}" is no socket; correct ${flag}, it must be the runtime's CRI socket.`);
}

async function otherSockets(path: string, flag: string): Promise<string> {
  const found: string[] = [];
  for (const candidate of WELL_KNOWN_SOCKETS) {
    const isSocket = await stat(candidate).then(
      (entry) => entry.isSocket(),
      () => false,
    );
    if (candidate !== path && isSocket) found.push(candidate);
  }
  const hint = found.length > 0 ? ` (this machine has ${found.join(", ")})` : "";
  return `; start the runtime, or correct ${flag}${hint}.`;
}

function permissionDenied(path: string): EnvironmentError {
  return new EnvironmentError(
    `Permission denied for the socket "${path}": run as root with sudo, or as a user of the group that owns the socket.`,
  );
}

function unreachable(uri: string, flag: string, error: unknown): Error {
  switch (systemErrorCode(error)) {
    case "EACCES":
    case "EPERM":
      return permissionDenied(uri);
    case "ECONNREFUSED":
      return new EnvironmentError(
        `Nothing listens at ${uri} (connection refused): the runtime is not running; start it, or correct ${flag}.`,
      );
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new UsageError(`The host name in ${uri} does not resolve; correct ${flag}.`);
    default:
      return new EnvironmentError(`${uri} cannot be reached: ${systemErrorReason(error)}; check it and ${flag}.`);
  }
}

async function explain(error: unknown, endpoint: Endpoint, service: string, timeoutMs: number): Promise<never> {
  if (!(error instanceof RpcError)) throw error;
  const { uri } = endpoint;
  if (error.is("Unimplemented")) {
    if (await answersAlpha(endpoint, service, timeoutMs)) {
      throw new EnvironmentError(
        `${uri} speaks CRI v1alpha2 only, and this suite tests v1: upgrade the runtime (containerd 1.6, CRI-O 1.20, cri-dockerd 0.2 and later have v1).`,
      );
    }
    throw new EnvironmentError(
      `${uri} is a gRPC server without runtime.v1.${service}: where it is containerd, remove "cri" from disabled_plugins in /etc/containerd/config.toml and restart it.`,
    );
  }
  if (error.is("DeadlineExceeded") && error.local) {
    throw new EnvironmentError(
      `${uri} does not answer ${error.method}: the runtime hangs or is overloaded; look at its log and restart it.`,
    );
  }
  throw new EnvironmentError(
    `${uri} answers ${error.method} with ${error.codeName}: ${printable(error.details)}; look at the runtime's log.`,
  );
}

/** Whether the service of the version before v1 is there: any answer but Unimplemented is one. */
function answersAlpha(endpoint: Endpoint, service: string, timeoutMs: number): Promise<boolean> {
  const client = new Client(endpoint.target, credentials.createInsecure());
  const method = service === "RuntimeService" ? "Version" : "ListImages";
  const noBytes = (): Buffer => Buffer.alloc(0);
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      `/runtime.v1alpha2.${service}/${method}`,
      noBytes,
      (bytes) => bytes,
      undefined,
      { deadline: Date.now() + timeoutMs },
      (error) => {
        client.close();
        resolve(error === null);
      },
    );
  });
}

/** A TLS record of type alert or handshake, version 3.x (RFC 8446, section 5.1). */
function isTls(bytes: Buffer): boolean {
  return (bytes[0] === 21 || bytes[0] === 22) && bytes[1] === 3;
}
