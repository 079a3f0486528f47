import type { ByteChannel, ChannelSink, SessionEnd } from "../channel.js";
import { DISCARD } from "../channel.js";
import { Deadline, endOnAbort, type Patience } from "../deadline.js";
import { Deferred } from "../deferred.js";
import { ConnectionLostError, PeerProtocolError, StreamAbortedError, UnsupportedByProtocolError } from "../errors.js";
import { ChannelPortForwardConnection } from "../port-forward-connection.js";
import type { PortForwardConnection, PortForwardOptions, PortForwardSession } from "../session.js";
import type { ChannelSocket } from "./channel-socket.js";
import { dialChannelSocket } from "./dial.js";

/** The subprotocols of port-forward over WebSocket, preferred first. */
export const WEBSOCKET_PORT_FORWARD_PROTOCOLS: readonly string[] = ["v4.channel.k8s.io", "v4.base64.channel.k8s.io"];

/** Two channels per port; from channel 80 on, the base64 form has no one-byte character for the number. */
const MAX_PORTS = 40;

/** Opens a port-forward session over WebSocket; `ports` must be those of the PortForwardRequest, in its order. */
export async function openWebSocketPortForward(url: string, options: PortForwardOptions): Promise<PortForwardSession> {
  const { protocols = WEBSOCKET_PORT_FORWARD_PROTOCOLS, ports = [], signal } = options;
  if (ports.length === 0 || ports.length > MAX_PORTS) {
    throw new UnsupportedByProtocolError(
      `port-forward over WebSocket needs the 1 to ${MAX_PORTS} ports of the PortForwardRequest, got ${ports.length}`,
    );
  }
  using deadline = new Deadline(options, "the WebSocket session");
  const socket = await dialChannelSocket(url, { ...options, protocols }, deadline);
  const session = new WebSocketPortForwardSession(socket, ports, signal);
  socket.start();
  return session;
}

interface Pair {
  readonly port: number;
  readonly announced: Promise<unknown>;
  readonly connection: ChannelPortForwardConnection;
}

/** One connection per port of the request, each over a pair of channels: 2n carries data, 2n+1 errors. */
class WebSocketPortForwardSession implements PortForwardSession {
  readonly transport = "websocket";
  readonly protocol: string;
  readonly canHalfClose: boolean;
  readonly closed: Promise<SessionEnd>;
  readonly #socket: ChannelSocket;
  readonly #unused: Pair[];

  constructor(socket: ChannelSocket, ports: readonly number[], signal: AbortSignal | undefined) {
    this.#socket = socket;
    this.protocol = socket.protocol;
    this.canHalfClose = socket.canFinish;
    this.closed = socket.ended;
    this.#unused = ports.map((port, index) => {
      const data = new AnnouncedChannel(socket.channel(2 * index), port);
      const error = new AnnouncedChannel(socket.channel(2 * index + 1), port);
      const connection = new ChannelPortForwardConnection(port, data, error, socket.protocol);
      return { port, announced: Promise.all([data.announced, error.announced]), connection };
    });
    for (const { announced } of this.#unused) announced.catch(() => undefined);
    endOnAbort(socket, signal);
  }

  async connect(port: number, patience: Patience = {}): Promise<PortForwardConnection> {
    const index = this.#unused.findIndex((pair) => pair.port === port);
    const pair = this.#unused[index];
    if (pair === undefined) {
      throw new UnsupportedByProtocolError(
        `port ${port} is not in the request or connected already: over WebSocket each port of the request connects once`,
      );
    }
    this.#unused.splice(index, 1);
    using deadline = new Deadline(patience, `the announcement of port ${port}`);
    await deadline.race(pair.announced);
    return pair.connection;
  }

  close(): Promise<void> {
    return this.#socket.close();
  }

  abort(reason?: unknown): void {
    this.#socket.abort(new StreamAbortedError(reason));
  }
}

/** A channel on which the server first announces its port as two bytes, little endian. */
class AnnouncedChannel implements ByteChannel {
  sink: ChannelSink = DISCARD;
  readonly canFinish: boolean;
  readonly #channel: ByteChannel;
  readonly #announced = new Deferred<void>();
  #announcement = Buffer.alloc(0);

  constructor(channel: ByteChannel, port: number) {
    this.#channel = channel;
    this.canFinish = channel.canFinish;
    channel.sink = {
      onData: (chunk) => (this.#announced.settled ? this.sink.onData(chunk) : this.#readAnnouncement(chunk, port)),
      onEnd: () => {
        this.#announced.reject(new ConnectionLostError(`the session ended before it announced port ${port}`));
        this.sink.onEnd();
      },
      onFail: (error) => {
        this.#announced.reject(error);
        this.sink.onFail(error);
      },
    };
  }

  get announced(): Promise<void> {
    return this.#announced.promise;
  }

  send(chunk: Buffer, done: (error?: Error) => void): void {
    this.#channel.send(chunk, done);
  }

  finish(done: (error?: Error) => void): void {
    this.#channel.finish(done);
  }

  resume(): void {
    this.#channel.resume();
  }

  abandon(): void {
    this.sink = DISCARD;
    this.#channel.abandon();
  }

  #readAnnouncement(chunk: Buffer, port: number): boolean {
    this.#announcement = Buffer.concat([this.#announcement, chunk]);
    if (this.#announcement.length < 2) return true;
    const announced = this.#announcement.readUInt16LE();
    if (announced !== port) {
      throw new PeerProtocolError(`the server announced port ${announced} on a channel of port ${port}`);
    }
    this.#announced.resolve();
    const rest = this.#announcement.subarray(2);
    return rest.length === 0 || this.sink.onData(rest);
  }
}
