import { isMap, parseDocument, type Document } from "yaml";
import { parseEndpoint, type Endpoint } from "../cri/endpoint.js";
import { UsageError } from "./errors.js";

/** Where crictl keeps its settings. */
export const CRICTL_CONFIG_PATH = "/etc/crictl.yaml";

/** The settings of crictl that a run can use. */
export interface CrictlConfig {
  runtimeEndpoint?: Endpoint;
  imageEndpoint?: Endpoint;
  /** Time for connecting to the runtime. */
  connectTimeoutMs?: number;
}

/**
 * Reads a crictl.yaml: the keys `runtime-endpoint`, `image-endpoint` and `timeout` (whole seconds). Other keys are
 * crictl's own business, and empty values are as good as none, as crictl has it.
 *
 * @throws UsageError when it is no YAML mapping or one of these values is wrong
 */
export function parseCrictlConfig(text: string, file: string): CrictlConfig {
  const document = parseDocument(text, { prettyErrors: false });
  const [error] = document.errors;
  if (error)
    throw new UsageError(`${file}: ${error.message}; repair it, or name the endpoint with --runtime-endpoint.`);
  if (document.contents === null) return {};
  if (!isMap(document.contents)) {
    throw new UsageError(
      `${file} holds no lines like "runtime-endpoint: unix:///run/x.sock"; repair it, or give --runtime-endpoint.`,
    );
  }
  const runtimeEndpoint = endpointAt(document, "runtime-endpoint", file);
  const imageEndpoint = endpointAt(document, "image-endpoint", file);
  const connectTimeoutMs = timeoutAt(document, file);
  return {
    ...(runtimeEndpoint && { runtimeEndpoint }),
    ...(imageEndpoint && { imageEndpoint }),
    ...(connectTimeoutMs !== undefined && { connectTimeoutMs }),
  };
}

function endpointAt(document: Document, key: string, file: string): Endpoint | undefined {
  const value: unknown = document.get(key);
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value !== "string") throw new UsageError(`${file}: ${key} must be a text such as unix:///run/x.sock.`);
  try {
    return parseEndpoint(value);
  } catch (error) {
    throw new UsageError(`${file}: ${key}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function timeoutAt(document: Document, file: string): number | undefined {
  const value: unknown = document.get("timeout");
  if (value === undefined || value === null || value === 0) return undefined;
  if (typeof value !== "number" || !(value > 0)) throw new UsageError(`${file}: timeout must be a number of seconds.`);
  return value * 1000;
}
