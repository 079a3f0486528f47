import { createHash, randomBytes } from "node:crypto";
import { Deadline } from "../deadline.js";
import { HandshakeError } from "../errors.js";
import { assertLocalUrl } from "../local-url.js";
import type { PortForwardOptions, PortForwardSession } from "../session.js";
import { SpdyConnection } from "../spdy/connection.js";
import { SpdyPortForwardSession } from "../spdy/port-forward.js";
import { requestUpgrade } from "../upgrade.js";
import { WebSocketTunnel } from "./tunnel.js";

/** The subprotocol of SPDY through a WebSocket (KEP-4006). */
export const TUNNEL_PROTOCOLS: readonly string[] = ["SPDY/3.1+portforward.k8s.io"];

/** Opens a port-forward session over SPDY frames inside binary WebSocket messages. */
export async function openTunnelPortForward(url: string, options: PortForwardOptions): Promise<PortForwardSession> {
  const { protocols = TUNNEL_PROTOCOLS, tls, signal } = options;
  using deadline = new Deadline(options, "the SPDY-over-WebSocket session");
  const key = randomBytes(16).toString("base64");
  const { socket, head, headers } = await requestUpgrade(
    {
      url: assertLocalUrl(url, options),
      method: "GET",
      upgrade: "websocket",
      headers: {
        "sec-websocket-key": key,
        "sec-websocket-version": "13",
        "sec-websocket-protocol": protocols.join(", "),
      },
      offered: `a WebSocket with ${protocols.join(", ")}`,
      ...(tls && { tls }),
    },
    deadline,
  );
  const protocol = headers["sec-websocket-protocol"] ?? "";
  const problem =
    headers["sec-websocket-accept"] !== acceptKey(key)
      ? "its Sec-WebSocket-Accept does not fit the key"
      : !protocols.includes(protocol)
        ? `it chose the subprotocol ${JSON.stringify(protocol)}, which was not offered`
        : undefined;
  if (problem !== undefined) {
    socket.destroy();
    throw new HandshakeError(`the server's WebSocket handshake is wrong: ${problem}`);
  }
  socket.setNoDelay(true);
  if (head.length > 0) socket.unshift(head);
  const connection = new SpdyConnection(new WebSocketTunnel(socket, "client"), { role: "client" });
  return new SpdyPortForwardSession(connection, "spdy-over-websocket", protocol, signal);
}

/** What a server answers to a key (RFC 6455, section 4.2.2). */
export function acceptKey(key: string): string {
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}
