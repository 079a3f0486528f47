/** What kind of trouble a {@link StreamingError} is; one value per class below. */
export type StreamingErrorCode =
  | "url"
  | "connect"
  | "handshake"
  | "upgrade-refused"
  | "timeout"
  | "aborted"
  | "closed"
  | "connection-lost"
  | "protocol"
  | "reset"
  | "unsupported"
  | "port-forward";

/** Base of every error that the streaming clients throw, reject with or destroy a stream with. */
export abstract class StreamingError extends Error {
  abstract readonly code: StreamingErrorCode;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The runtime returned something that is no usable streaming URL, or one that points away from this host. */
export class StreamingUrlError extends StreamingError {
  readonly code = "url";

  constructor(
    message: string,
    /** The URL as the runtime gave it. */
    readonly url: string,
    /** True when the URL is well formed but its host is not this one: nothing was dialled. */
    readonly remote: boolean,
  ) {
    super(message);
  }
}

/** No TCP or TLS connection to the streaming server came about. */
export class ConnectError extends StreamingError {
  readonly code = "connect";
}

/** The server answered the upgrade request with something that is not HTTP, or negotiated what was not offered. */
export class HandshakeError extends StreamingError {
  readonly code = "handshake";
}

/** What the server said when it refused to upgrade. */
export interface UpgradeRefusal {
  readonly statusCode: number;
  readonly statusMessage: string;
  /** `X-Accepted-Stream-Protocol-Versions`, one entry per version; empty when the header is missing. */
  readonly acceptedProtocols: readonly string[];
  /** `Content-Type` and `Location`, where the server sent them. */
  readonly contentType?: string;
  readonly location?: string;
  /** The first 4 KiB of the body as text. */
  readonly body: string;
}

/**
 * The server answered the upgrade request with an HTTP status other than 101: it does not offer the transport or none of the
 * subprotocols, or it does not know the token. The URL is used up all the same.
 */
export class UpgradeRefusedError extends StreamingError {
  readonly code = "upgrade-refused";

  constructor(
    readonly refusal: UpgradeRefusal,
    /** What the client asked for, for example `SPDY/3.1 with v4.channel.k8s.io`. */
    readonly offered: string,
  ) {
    const accepted = refusal.acceptedProtocols.length > 0 ? `, it accepts ${refusal.acceptedProtocols.join(", ")}` : "";
    const firstLine = refusal.body.trim().split("\n", 1)[0]?.slice(0, 200) ?? "";
    const body = firstLine === "" ? "" : `: ${firstLine}`;
    super(`the streaming server refused ${offered} with HTTP ${refusal.statusCode}${accepted}${body}`);
  }
}

/** The peer did not answer in the time given to open a session or a connection. */
export class StreamTimeoutError extends StreamingError {
  readonly code = "timeout";
}

/** The caller's AbortSignal ended the operation or the session; `cause` is the signal's reason. */
export class StreamAbortedError extends StreamingError {
  readonly code = "aborted";

  constructor(reason: unknown) {
    const why = reason instanceof Error ? `: ${reason.message}` : "";
    super(`the streaming session was aborted${why}`, { cause: reason });
  }
}

/** The session is over, by `close()` or because the peer ended it in good order. */
export class SessionClosedError extends StreamingError {
  readonly code = "closed";
}

/** The connection broke, or ended where more was due. */
export class ConnectionLostError extends StreamingError {
  readonly code = "connection-lost";
}

/** The peer sent what the protocol forbids, or more than is reasonable. */
export class PeerProtocolError extends StreamingError {
  readonly code = "protocol";
}

/** The peer reset one stream (SPDY RST_STREAM); the session goes on. */
export class StreamResetError extends StreamingError {
  readonly code = "reset";

  constructor(
    readonly status: number,
    statusName: string,
  ) {
    super(`the peer reset the stream with ${statusName}`);
  }
}

/** The negotiated protocol has no way to do what was asked. */
export class UnsupportedByProtocolError extends StreamingError {
  readonly code = "unsupported";
}

/** The runtime reported an error on the error stream of a forwarded connection, such as a refused port. */
export class PortForwardError extends StreamingError {
  readonly code = "port-forward";

  constructor(
    readonly port: number,
    /** The text of the error stream as it came. */
    readonly errorText: string,
  ) {
    super(`the runtime could not forward port ${port}: ${errorText.slice(0, 500)}`);
  }
}
