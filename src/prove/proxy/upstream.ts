import { connect, type ClientHttp2Session, type ClientHttp2Stream, type OutgoingHttpHeaders } from "node:http2";
import type { Endpoint } from "../../cri/endpoint.js";
import { openSocket } from "../../cri/open-socket.js";

/**
 * HTTP/2 settings of both sides of the proxy. Node's own limits are those of a web server: 10 MB a session and windows of
 * 64 KiB; an ExecSync reply may carry 32 MiB.
 */
export const SESSION_OPTIONS = {
  maxSessionMemory: Number.MAX_SAFE_INTEGER,
  settings: { initialWindowSize: 4 << 20 },
};

/** The window of a whole session, which settings do not reach. */
export const SESSION_WINDOW_BYTES = 16 << 20;

/** The connection to a real endpoint, made when it is needed and again after it was lost. */
export class Upstream {
  #session: ClientHttp2Session | undefined;

  constructor(private readonly endpoint: Endpoint) {}

  /** Opens a call with these headers; it fails by an `error` event where the endpoint cannot be reached. */
  request(headers: OutgoingHttpHeaders): ClientHttp2Stream {
    return this.#open().request(headers, { endStream: false });
  }

  /** Ends the connection and all calls on it. */
  close(): void {
    this.#session?.destroy();
  }

  #open(): ClientHttp2Session {
    const current = this.#session;
    if (current && !current.closed && !current.destroyed) return current;
    const session = connect("http://localhost", {
      ...SESSION_OPTIONS,
      createConnection: () => openSocket(this.endpoint),
    });
    // Every call on the session gets an error of its own.
    session.on("error", () => undefined);
    session.once("connect", () => session.setLocalWindowSize(SESSION_WINDOW_BYTES));
    this.#session = session;
    return session;
  }
}
