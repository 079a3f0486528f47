import type { StreamingError } from "./errors.js";

/** The parts of a Kubernetes `Status` object (meta/v1) that the error channel of v4 and later carries. */
export interface KubernetesStatus {
  readonly status?: string;
  readonly message?: string;
  readonly reason?: string;
  readonly code?: number;
  readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly message?: string }[] };
}

/** How an exec or attach session ended, as the peer told it. */
export type ExitStatus =
  /** The process exited: `Success` is code 0, otherwise the code from the `ExitCode` cause. v4 and later only. */
  | { readonly kind: "exited"; readonly code: number; readonly status: KubernetesStatus }
  /** The runtime reports a failure without an exit code: an internal error, or the plain text of v1 to v3. */
  | { readonly kind: "failed"; readonly message: string; readonly reason?: string; readonly status?: KubernetesStatus }
  /** The error channel ended without a word: success under v1 to v3; v4 and later owe a status. */
  | { readonly kind: "silent" }
  /** v4 or later, and the error channel holds no Status object. */
  | { readonly kind: "malformed"; readonly text: string }
  /** The connection ended before the error channel did; `error` unless the peer ended it in good order. */
  | { readonly kind: "disconnected"; readonly error?: StreamingError };

/** Reads the complete text of an error channel; `json` for v4 and later. */
export function parseExitStatus(text: string, json: boolean): ExitStatus {
  if (text.trim() === "") return { kind: "silent" };
  if (!json) return { kind: "failed", message: text };
  return parseStatus(text) ?? { kind: "malformed", text };
}

/** Reads a Status object, or gives undefined when the text is none (yet). */
export function parseStatus(text: string): ExitStatus | undefined {
  const status = readStatus(text);
  if (status === undefined) return undefined;
  if (status.status === "Success") return { kind: "exited", code: 0, status };
  if (status.status !== "Failure") return undefined;
  const { message = "", reason } = status;
  const code = status.reason === "NonZeroExitCode" ? exitCode(status) : undefined;
  if (code !== undefined) return { kind: "exited", code, status };
  return { kind: "failed", message, ...(reason !== undefined && { reason }), status };
}

function exitCode(status: KubernetesStatus): number | undefined {
  const message = status.details?.causes?.find((cause) => cause.reason === "ExitCode")?.message;
  return message !== undefined && /^-?\d{1,10}$/.test(message) ? Number(message) : undefined;
}

/** Takes over only fields of the right type: the text comes from a runtime that may be wrong. */
function readStatus(text: string): KubernetesStatus | undefined {
  const fields = parseObject(text);
  if (fields === undefined) return undefined;
  const details = asObject(fields.details);
  const causes = Array.isArray(details?.causes) ? details.causes.map(asObject).filter((cause) => !!cause) : undefined;
  return {
    ...strings(fields, ["status", "message", "reason"]),
    ...(typeof fields.code === "number" && { code: fields.code }),
    ...(causes && { details: { causes: causes.map((cause) => strings(cause, ["reason", "message"])) } }),
  };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

function strings<K extends string>(fields: Record<string, unknown>, names: readonly K[]): Partial<Record<K, string>> {
  const found = names.flatMap((name) => (typeof fields[name] === "string" ? [[name, fields[name]]] : []));
  return Object.fromEntries(found) as Partial<Record<K, string>>;
}
