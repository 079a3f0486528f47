import type { ByteRange, ContentBlob, Digest, ManifestDocument } from "./content.js";
import { Readable } from "node:stream";

/** What a request of the distribution API asked for, once it is known to exist. */
export type Target =
  | { readonly kind: "manifest"; readonly document: ManifestDocument }
  | { readonly kind: "config" | "layer"; readonly digest: Digest }
  | { readonly kind: "other" };

export type ReplyBody = Pick<ContentBlob, "sizeBytes" | "open">;

/** A reply that is decided but not sent yet, so that faults can still change it. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ReplyBody;
  /** Passes before anything is sent. */
  readonly hold?: () => Promise<void>;
}

/** A body that is in memory. */
export function bufferBody(bytes: Buffer): ReplyBody {
  return {
    sizeBytes: bytes.length,
    open: (range) => Readable.from([range === undefined ? bytes : bytes.subarray(range.start, range.end)]),
  };
}

/** The same body, with its streams changed on their way; `start` is where in the body a stream begins. */
export function transformBody(
  body: ReplyBody,
  transform: (chunks: AsyncIterable<Buffer>, start: number) => AsyncIterable<Buffer>,
): ReplyBody {
  return {
    sizeBytes: body.sizeBytes,
    open: (range?: ByteRange) => Readable.from(transform(body.open(range), range?.start ?? 0)),
  };
}

export function jsonReply(status: number, value: object, headers: Readonly<Record<string, string>> = {}): Reply {
  return {
    status,
    headers: { "Content-Type": "application/json", ...headers },
    body: bufferBody(Buffer.from(JSON.stringify(value))),
  };
}

/** The error codes of the OCI distribution-spec (section "Error codes") that a registry one can only pull from uses. */
export type ErrorCode =
  | "BLOB_UNKNOWN"
  | "DIGEST_INVALID"
  | "MANIFEST_UNKNOWN"
  | "NAME_UNKNOWN"
  | "UNAUTHORIZED"
  | "DENIED"
  | "UNSUPPORTED"
  | "TOOMANYREQUESTS"
  | "UNKNOWN";

export function errorReply(
  status: number,
  code: ErrorCode,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return jsonReply(status, { errors: [{ code, message }] }, headers);
}

/** Cuts a reply down to the part that a Range header asks for (RFC 9110, section 14); one range only. */
export function applyRange(reply: Reply, range: string | undefined): Reply {
  const asked = /^bytes=(\d*)-(\d*)$/.exec(range ?? "");
  if (reply.status !== 200 || asked === null) return reply;
  const size = reply.body.sizeBytes;
  const [, first = "", last = ""] = asked;
  if (first === "" && last === "") return reply;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size : Math.min(size, Number(last) + 1);
  if (start >= end) {
    return errorReply(416, "UNKNOWN", "The range lies outside of the blob.", { "Content-Range": `bytes */${size}` });
  }
  return {
    ...reply,
    status: 206,
    headers: { ...reply.headers, "Content-Range": `bytes ${start}-${end - 1}/${size}` },
    body: { sizeBytes: end - start, open: () => reply.body.open({ start, end }) },
  };
}
