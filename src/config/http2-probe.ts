import type { Endpoint } from "../cri/endpoint.js";
import { openSocket } from "../cri/open-socket.js";

/** What a socket does when an HTTP/2 client greets it. */
export type Greeting =
  | { is: "http2" }
  | { is: "unreachable"; error: unknown }
  /** It answered something else; the first bytes are kept. */
  | { is: "foreign"; bytes: Buffer }
  /** It hung up without a word. */
  | { is: "closed" }
  | { is: "silent" };

/** The client's connection preface and an empty SETTINGS frame (RFC 9113, sections 3.4 and 6.5). */
const PREFACE = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1"),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
]);

/** Bytes of a frame's head: length (3), type, flags, stream id (4). */
const FRAME_HEAD_BYTES = 9;
const SETTINGS_TYPE = 4;

/**
 * Greets a socket as an HTTP/2 client does and looks at the first bytes of the answer: a gRPC server begins with a
 * SETTINGS frame (RFC 9113, section 3.4). A gRPC channel would only say that the endpoint is unavailable.
 */
export function greet(endpoint: Endpoint, timeoutMs: number): Promise<Greeting> {
  return new Promise((resolve) => {
    const socket = openSocket(endpoint);
    let bytes = Buffer.alloc(0);
    const finish = (greeting: Greeting): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(greeting);
    };
    const timer = setTimeout(() => finish(bytes.length > 0 ? { is: "foreign", bytes } : { is: "silent" }), timeoutMs);
    socket.once("connect", () => socket.write(PREFACE));
    socket.on("data", (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (bytes.length >= FRAME_HEAD_BYTES) finish(isSettings(bytes) ? { is: "http2" } : { is: "foreign", bytes });
    });
    socket.once("end", () => finish(bytes.length > 0 ? { is: "foreign", bytes } : { is: "closed" }));
    let connected = false;
    socket.once("connect", () => (connected = true));
    // A server that hangs up on the preface may reset the connection.
    socket.on("error", (error) => finish(connected ? { is: "closed" } : { is: "unreachable", error }));
  });
}

function isSettings(bytes: Buffer): boolean {
  const isOnConnection = bytes.readUInt32BE(5) === 0;
  return bytes[3] === SETTINGS_TYPE && isOnConnection && bytes.readUIntBE(0, 3) % 6 === 0;
}
