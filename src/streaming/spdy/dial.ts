import type { Deadline } from "../deadline.js";
import { HandshakeError } from "../errors.js";
import { assertLocalUrl } from "../local-url.js";
import type { DialOptions } from "../session.js";
import { requestUpgrade } from "../upgrade.js";
import { SpdyConnection } from "./connection.js";

export interface SpdyDialOptions extends DialOptions {
  /** The values of X-Stream-Protocol-Version, preferred first; none leaves the header out. */
  protocols: readonly string[];
  /** Kubernetes clients use POST; servers take GET as well. Default POST. */
  method?: "GET" | "POST";
}

/** A connection without streams, and the subprotocol that the server chose ("" when it named none). */
export interface DialledSpdy {
  readonly connection: SpdyConnection;
  readonly protocol: string;
}

/**
 * Upgrades a streaming URL to SPDY/3.1 and opens no streams yet.
 *
 * @throws StreamingUrlError, ConnectError, HandshakeError, UpgradeRefusedError, or the deadline's reason.
 */
export async function dialSpdy(url: string, options: SpdyDialOptions, deadline: Deadline): Promise<DialledSpdy> {
  const { protocols, method = "POST", tls } = options;
  const { socket, head, headers } = await requestUpgrade(
    {
      url: assertLocalUrl(url, options),
      method,
      upgrade: "SPDY/3.1",
      headers: protocols.length > 0 ? { "x-stream-protocol-version": [...protocols] } : {},
      offered: `SPDY/3.1 with ${protocols.join(", ") || "no subprotocol"}`,
      ...(tls && { tls }),
    },
    deadline,
  );
  const protocol = [headers["x-stream-protocol-version"] ?? ""].flat().join(", ");
  if (protocol !== "" && !protocols.includes(protocol)) {
    socket.destroy();
    throw new HandshakeError(`the server chose ${JSON.stringify(protocol)}, which was not offered`);
  }
  socket.setNoDelay(true);
  if (head.length > 0) socket.unshift(head);
  return { connection: new SpdyConnection(socket, { role: "client" }), protocol };
}
