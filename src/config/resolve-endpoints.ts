import { stat } from "node:fs/promises";
import { parseEndpoint, type Endpoint } from "../cri/endpoint.js";
import { CRICTL_CONFIG_PATH, parseCrictlConfig, type CrictlConfig } from "./crictl-config.js";
import { systemErrorCode, UsageError } from "./errors.js";
import { readTextFile } from "./read-text-file.js";

/** Sockets that runtimes have by default, in the order they are looked for; the last two are one of cri-dockerd's. */
export const WELL_KNOWN_SOCKETS: readonly string[] = [
  "/run/containerd/containerd.sock",
  "/run/crio/crio.sock",
  "/run/cri-dockerd.sock",
  "/var/run/cri-dockerd.sock",
];

/** An endpoint with who named it, for instance `--runtime-endpoint` or `critique.yaml:3`. */
export interface NamedEndpoint {
  endpoint: Endpoint;
  source: string;
}

/** The endpoints of a run, and why it is these. */
export interface ResolvedEndpoints {
  runtime: Endpoint;
  image: Endpoint;
  /** Who named the runtime's endpoint. */
  endpointSource: string;
  /** Who named the image endpoint. */
  imageEndpointSource: string;
  /** Time for connecting, where crictl's file named the endpoint and this time. */
  connectTimeoutMs?: number;
}

export interface ResolveOptions {
  /** From an option, the environment or the configuration file. */
  runtime?: NamedEndpoint;
  image?: NamedEndpoint;
  /** Default {@link CRICTL_CONFIG_PATH}. */
  crictlConfigPath?: string;
  /** Default {@link WELL_KNOWN_SOCKETS}. */
  wellKnownSockets?: readonly string[];
}

/**
 * Finds the endpoints: what the user named, then crictl's file, then the well-known sockets. The image endpoint of
 * crictl's file belongs to the runtime endpoint beside it, so it counts only together with that one: otherwise images
 * of one runtime would be looked for in another.
 *
 * @throws UsageError when nothing names an endpoint, or crictl's file is needed and wrong
 */
export async function resolveEndpoints(options: ResolveOptions = {}): Promise<ResolvedEndpoints> {
  const { runtime, connectTimeoutMs, image: ownImage } = await resolveRuntime(options);
  const image = options.image ?? ownImage ?? { endpoint: runtime.endpoint, source: "the runtime's" };
  return {
    runtime: runtime.endpoint,
    endpointSource: runtime.source,
    image: image.endpoint,
    imageEndpointSource: image.source,
    ...(connectTimeoutMs !== undefined && { connectTimeoutMs }),
  };
}

async function resolveRuntime(
  options: ResolveOptions,
): Promise<{ runtime: NamedEndpoint; image?: NamedEndpoint; connectTimeoutMs?: number }> {
  if (options.runtime) return { runtime: options.runtime };
  const crictlPath = options.crictlConfigPath ?? CRICTL_CONFIG_PATH;
  const { runtimeEndpoint, imageEndpoint, connectTimeoutMs } = await readCrictlConfig(crictlPath);
  if (runtimeEndpoint) {
    return {
      runtime: { endpoint: runtimeEndpoint, source: crictlPath },
      ...(imageEndpoint && { image: { endpoint: imageEndpoint, source: crictlPath } }),
      ...(connectTimeoutMs !== undefined && { connectTimeoutMs }),
    };
  }
  const sockets = options.wellKnownSockets ?? WELL_KNOWN_SOCKETS;
  for (const path of sockets) {
    if (await isSocket(path)) return { runtime: { endpoint: parseEndpoint(path), source: "a well-known socket" } };
  }
  throw new UsageError(
    `No runtime endpoint is named, and there is none of ${sockets.join(", ")}; ` +
      `name one with --runtime-endpoint, or start a private containerd with --lab.`,
  );
}

async function readCrictlConfig(path: string): Promise<CrictlConfig> {
  try {
    await stat(path);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return {};
  }
  return parseCrictlConfig(await readTextFile(path, "crictl configuration"), path);
}

async function isSocket(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isSocket();
  } catch {
    return false;
  }
}
