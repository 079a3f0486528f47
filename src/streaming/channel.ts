import { SessionClosedError, type StreamingError } from "./errors.js";

/** Takes what the peer sends on one channel. The transport calls it in order, and nothing after `onEnd` or `onFail`. */
export interface ChannelSink {
  /** Bytes arrived. False asks the transport to stop reading until the channel's `resume`. */
  onData(chunk: Buffer): boolean;
  /** The peer ended its direction in good order. */
  onEnd(): void;
  /** The channel broke: reset by the peer, or its connection is gone. */
  onFail(error: StreamingError): void;
}

/** One channel of a multiplexed connection: a SPDY stream, or a channel number of a WebSocket. */
export interface ByteChannel {
  /** Where received bytes go; set in the same turn in which the channel was opened. */
  sink: ChannelSink;
  /** Whether the protocol can end our direction alone. */
  readonly canFinish: boolean;
  /** Sends bytes, one call at a time: `done` is called when the transport takes more, or with the reason why it does not. */
  send(chunk: Buffer, done: (error?: Error) => void): void;
  /** Ends our direction, after the last `send` is done; only where `canFinish`. */
  finish(done: (error?: Error) => void): void;
  /** The sink has room again after `onData` returned false. */
  resume(): void;
  /** Gives the channel up: what still arrives is dropped, and the peer is told where the protocol can. */
  abandon(): void;
}

/** How a session's connection ended. */
export type SessionEnd =
  /** The peer ended it in good order. */
  | { readonly by: "peer" }
  /** `close()` was called. */
  | { readonly by: "local" }
  /** It was aborted, it broke, or the peer violated the protocol. */
  | { readonly by: "error"; readonly error: StreamingError };

/** What an operation fails with that comes after the end. */
export function errorOfEnd(end: SessionEnd): StreamingError {
  if (end.by === "error") return end.error;
  return new SessionClosedError(end.by === "local" ? "the session was closed" : "the peer ended the session");
}

/** A multiplexed connection, as the sessions see it. */
export interface Link {
  /** Settles when the connection is over; never rejects. */
  readonly ended: Promise<SessionEnd>;
  /** Ends the connection in good order; a peer that does not answer is left after a second. */
  close(): Promise<void>;
  /** Ends the connection at once; every open channel fails with the error. */
  abort(error: StreamingError): void;
}

/** A sink for bytes nobody wants. */
export const DISCARD: ChannelSink = {
  onData: () => true,
  onEnd: () => undefined,
  onFail: () => undefined,
};

/**
 * Stops a transport from reading while any of its channels has no room. The Kubernetes protocols have no window per channel, so
 * one slow reader holds up its whole connection: that is what keeps memory constant.
 */
export class ReadGate {
  readonly #full = new Set<ByteChannel>();

  constructor(private readonly transport: { pause(): void; resume(): void }) {}

  block(channel: ByteChannel): void {
    if (this.#full.size === 0) this.transport.pause();
    this.#full.add(channel);
  }

  release(channel: ByteChannel): void {
    if (this.#full.delete(channel) && this.#full.size === 0) this.transport.resume();
  }
}
