import type { Duplex, Readable, Writable } from "node:stream";
import type { SessionEnd } from "./channel.js";
import type { Patience } from "./deadline.js";
import type { ExitStatus } from "./exit-status.js";
import type { UrlPolicy } from "./local-url.js";
import type { TlsTrust } from "./upgrade.js";

/** How an exec or attach URL can be spoken to. */
export type StreamTransport = "spdy" | "websocket";

/** How a port-forward URL can be spoken to; the tunnel carries SPDY frames inside WebSocket messages (KEP-4006). */
export type PortForwardTransport = "spdy" | "websocket" | "spdy-over-websocket";

/** What every session is opened with. */
export interface DialOptions extends Patience, UrlPolicy {
  /** For https URLs: whom to trust. Default: the system's certificate authorities. */
  tls?: TlsTrust;
}

/** The streams of an exec or attach session: the same flags as in the request that returned the URL. */
export interface StreamFlags {
  stdin?: boolean;
  stdout?: boolean;
  stderr?: boolean;
  tty?: boolean;
}

export interface StreamSessionOptions extends DialOptions, StreamFlags {
  transport: StreamTransport;
  /** Subprotocols to offer, preferred first. Default: all that the transport knows. */
  protocols?: readonly string[];
}

export interface PortForwardOptions extends DialOptions {
  transport: PortForwardTransport;
  /** WebSocket only: the ports of the PortForwardRequest, in its order. */
  ports?: readonly number[];
  /** Subprotocols to offer, preferred first. Default: all that the transport knows. */
  protocols?: readonly string[];
}

/** What sessions of both kinds have in common. */
export interface Session {
  /** The subprotocol that the server chose, for example `v4.channel.k8s.io`. */
  readonly protocol: string;
  /** Whether one direction of a stream can be ended while the other goes on. */
  readonly canHalfClose: boolean;
  /** Settles when the connection is over; never rejects. */
  readonly closed: Promise<SessionEnd>;
  /** Leaves in good order: resets what is open and says goodbye. For exec and attach this is a detach. */
  close(): Promise<void>;
  /** Drops the connection at once, without a word, as a client that died would. */
  abort(reason?: unknown): void;
}

/**
 * An exec or attach session (ExecResponse.url, AttachResponse.url). The streams carry bytes with back-pressure both ways; the
 * Kubernetes protocols have no window per stream, so an output that is left unread ends up holding back the others.
 */
export interface StreamSession extends Session {
  readonly transport: StreamTransport;
  /** Bytes for the process. Ending it is `closeStdin()`. Writing fails when stdin was not requested. */
  readonly stdin: Writable;
  /** Output of the process; with a tty, all of it. Already ended when not requested. */
  readonly stdout: Readable;
  /** Error output of the process. Already ended when not requested. */
  readonly stderr: Readable;
  /** Whether the session has a resize stream: a tty, and v3 or later. */
  readonly canResize: boolean;
  /**
   * How the process ended. Resolves when the peer told it or left; rejects with a StreamingError when this side ended the session
   * first: aborted, closed, or because the peer violated the protocol.
   */
  readonly exit: Promise<ExitStatus>;
  /**
   * Ends stdin and leaves the outputs open, after what was written before.
   * @throws UnsupportedByProtocolError where `canHalfClose` is false.
   */
  closeStdin(): Promise<void>;
  /**
   * Tells the size of the terminal, in characters.
   * @throws UnsupportedByProtocolError where `canResize` is false.
   */
  resize(columns: number, rows: number): Promise<void>;
}

/** A port-forward session (PortForwardResponse.url); carries any number of connections over SPDY. */
export interface PortForwardSession extends Session {
  readonly transport: PortForwardTransport;
  /**
   * Opens a connection to a port of the pod. Over WebSocket each port of the request can be connected to once. Runtimes accept the
   * streams before they dial, so a refused port shows on the connection, not here. `patience` covers the opening only.
   * @throws StreamingError when the peer refuses the streams, or does not answer in time.
   */
  connect(port: number, patience?: Patience): Promise<PortForwardConnection>;
}

/**
 * A forwarded connection. Writing, reading and ending work as on a socket; ending half-closes and fails where `canHalfClose` is
 * false. When the runtime reports an error before it ends the data, reading fails with PortForwardError after the bytes that came
 * first; containerd ends the data before it reports over SPDY, so `errorText` is what to rely on.
 */
export interface PortForwardConnection extends Duplex {
  readonly port: number;
  /** All that the runtime wrote on the error stream until it ended it; empty when all went well. Never rejects. */
  readonly errorText: Promise<string>;
  /** True once some of the error text is here; over WebSocket its end comes only with the session's. */
  readonly hasErrorText: boolean;
}
