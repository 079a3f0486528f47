import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http2";
import { CODE_NUMBERS, codeName, type CodeName } from "../../cri/rpc-error.js";

/** A call that ended with a status other than OK; thrown by an interceptor, it is what the client gets. */
export class CallStatus extends Error {
  override name = "CallStatus";

  constructor(
    /** gRPC status code. */
    readonly code: number,
    /** Trailers as they go over the wire, status, message and details among them. */
    readonly trailers: OutgoingHttpHeaders,
  ) {
    super(`status ${codeName(code)}: ${String(trailers["grpc-message"] ?? "")}`);
  }

  /** A status with a message of its own. */
  static of(code: CodeName, message: string): CallStatus {
    return new CallStatus(CODE_NUMBERS[code], {
      "grpc-status": String(CODE_NUMBERS[code]),
      "grpc-message": encodeMessage(message),
    });
  }

  /** The same refusal with another code; the rich details name the code as well, so that they go. */
  withCode(code: CodeName): CallStatus {
    const { "grpc-status-details-bin": _details, ...trailers } = this.trailers;
    return new CallStatus(CODE_NUMBERS[code], { ...trailers, "grpc-status": String(CODE_NUMBERS[code]) });
  }

  /** The status in trailers, or undefined where they say OK. Trailers without one are a broken connection. */
  static from(trailers: IncomingHttpHeaders | undefined): CallStatus | undefined {
    const text = trailers?.["grpc-status"];
    if (trailers === undefined || text === undefined) return CallStatus.of("Unavailable", "the runtime broke off");
    return Number(text) === 0 ? undefined : new CallStatus(Number(text), withoutPseudo(trailers));
  }
}

/** Headers without those that belong to HTTP/2 itself. */
export function withoutPseudo(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(":")));
}

/** A status message as gRPC over HTTP/2 writes it: percent-encoded, printable ASCII left alone. */
function encodeMessage(message: string): string {
  const bytes = [...Buffer.from(message)];
  const isPlain = (byte: number): boolean => byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
  return bytes
    .map((byte) => (isPlain(byte) ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`))
    .join("");
}
