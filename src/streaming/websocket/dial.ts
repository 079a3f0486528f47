import type { IncomingMessage } from "node:http";
import { WebSocket } from "ws";
import type { Deadline } from "../deadline.js";
import { HandshakeError, type StreamingError } from "../errors.js";
import { assertLocalUrl } from "../local-url.js";
import type { DialOptions } from "../session.js";
import { dialError, refusalError } from "../upgrade.js";
import { ChannelSocket } from "./channel-socket.js";
import { Masking } from "./masking.js";

export interface SocketDialOptions extends DialOptions {
  /** Subprotocols to offer, preferred first; at least one. */
  protocols: readonly string[];
}

/** The largest message accepted: servers send 32 KiB at a time. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/**
 * Upgrades a streaming URL to a WebSocket with numbered channels.
 *
 * @throws StreamingUrlError, ConnectError, HandshakeError, UpgradeRefusedError, or the deadline's reason.
 */
export async function dialChannelSocket(
  url: string,
  options: SocketDialOptions,
  deadline: Deadline,
): Promise<ChannelSocket> {
  const target = assertLocalUrl(url, options);
  deadline.throwIfOver();
  const { protocols, tls } = options;
  const masking = new Masking();
  const socket = new WebSocket(target.href.replace(/^http/, "ws"), [...protocols], {
    perMessageDeflate: false,
    followRedirects: false,
    maxPayload: MAX_MESSAGE_BYTES,
    autoPong: false,
    generateMask: masking.generate,
    ...tls,
  });
  return new Promise((resolve, reject) => {
    const fail = (error: StreamingError) => {
      forget();
      reject(error);
      socket.terminate();
    };
    const forget = deadline.onOver(fail);
    socket.on("error", (error) => fail(openError(error, target)));
    socket.on("unexpected-response", (_request, response: IncomingMessage) => {
      void refusalError(response, `a WebSocket with ${protocols.join(", ")}`).then(fail);
    });
    socket.on("open", () => {
      forget();
      resolve(new ChannelSocket(socket, socket.protocol, masking));
    });
  });
}

/** `ws` refuses a bad reply with a message and no code. */
function openError(error: Error, url: URL): StreamingError {
  return /Sec-WebSocket|subprotocol|Upgrade header/.test(error.message)
    ? new HandshakeError(`the WebSocket handshake with ${url.host} failed: ${error.message}`, { cause: error })
    : dialError(error, url);
}
