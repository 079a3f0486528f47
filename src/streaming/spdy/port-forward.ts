import { Deadline, endOnAbort, type Patience } from "../deadline.js";
import type { SessionEnd } from "../channel.js";
import { StreamAbortedError } from "../errors.js";
import { ChannelPortForwardConnection } from "../port-forward-connection.js";
import type {
  PortForwardConnection,
  PortForwardOptions,
  PortForwardSession,
  PortForwardTransport,
} from "../session.js";
import type { SpdyConnection } from "./connection.js";
import { dialSpdy } from "./dial.js";

/** The subprotocol of port-forward over SPDY. */
export const SPDY_PORT_FORWARD_PROTOCOLS: readonly string[] = ["portforward.k8s.io"];

/** Opens a port-forward session over SPDY. */
export async function openSpdyPortForward(url: string, options: PortForwardOptions): Promise<PortForwardSession> {
  const { protocols = SPDY_PORT_FORWARD_PROTOCOLS, signal } = options;
  using deadline = new Deadline(options, "the SPDY session");
  const { connection, protocol } = await dialSpdy(url, { ...options, protocols }, deadline);
  return new SpdyPortForwardSession(connection, "spdy", protocol, signal);
}

/** Any number of forwarded connections on one SPDY connection, each a pair of an error and a data stream. */
export class SpdyPortForwardSession implements PortForwardSession {
  readonly canHalfClose = true;
  readonly closed: Promise<SessionEnd>;
  #nextRequestId = 0;

  constructor(
    private readonly connection: SpdyConnection,
    readonly transport: PortForwardTransport,
    readonly protocol: string,
    signal: AbortSignal | undefined,
  ) {
    this.closed = connection.ended;
    endOnAbort(connection, signal);
  }

  async connect(port: number, patience: Patience = {}): Promise<PortForwardConnection> {
    using deadline = new Deadline(patience, `the streams of port ${port}`);
    deadline.throwIfOver();
    const pair = { port: String(port), requestid: String(this.#nextRequestId++) };
    const error = this.connection.openStream({ streamtype: "error", ...pair });
    const data = this.connection.openStream({ streamtype: "data", ...pair });
    const forwarded = new ChannelPortForwardConnection(port, data, error, this.protocol);
    try {
      await deadline.race(Promise.all([error.opened, data.opened]));
    } catch (failure) {
      forwarded.destroy();
      throw failure;
    }
    // Nothing is ever sent on the error stream.
    error.finish(() => undefined);
    return forwarded;
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  abort(reason?: unknown): void {
    this.connection.abort(new StreamAbortedError(reason));
  }
}
