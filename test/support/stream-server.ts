import { createServer as createHttpServer, type IncomingMessage, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex, Readable, Writable } from "node:stream";
import { WebSocketServer } from "ws";
import type { ByteChannel, Link } from "../../src/streaming/channel.js";
import { ChannelReadable, ChannelWritable } from "../../src/streaming/channel-streams.js";
import { ChannelPortForwardConnection } from "../../src/streaming/port-forward-connection.js";
import type { StreamFlags } from "../../src/streaming/session.js";
import { SpdyConnection } from "../../src/streaming/spdy/connection.js";
import type { SpdyStream } from "../../src/streaming/spdy/stream.js";
import { ChannelSocket } from "../../src/streaming/websocket/channel-socket.js";
import { acceptKey, TUNNEL_PROTOCOLS } from "../../src/streaming/websocket/tunnel-port-forward.js";
import { WebSocketTunnel } from "../../src/streaming/websocket/tunnel.js";

/** The server's end of an exec or attach session. Streams that the client did not ask for go nowhere. */
export interface ServedExec {
  readonly protocol: string;
  readonly link: Link;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** The resize messages, one JSON text per line. */
  readonly sizes: Readable;
  /** Writes on the error channel; nothing ends it but the end of the connection. */
  report(text: string): Promise<void>;
}

/** The server's end of a forwarded connection. */
export interface ServedForward {
  readonly port: number;
  readonly connection: Duplex;
  /** Writes on the error channel and ends it where the protocol can. */
  endErrors(text: string): Promise<void>;
}

export interface StreamServerOptions {
  exec?: (call: ServedExec) => void | Promise<void>;
  forward?: (call: ServedForward) => void | Promise<void>;
  spdyProtocols?: string[];
  webSocketProtocols?: string[];
  tunnel?: boolean;
  tls?: { key: string; cert: string };
}

/** A streaming server as small as can be: answers what the client under test says, without a runtime. */
export interface StreamServer extends AsyncDisposable {
  readonly port: number;
  execUrl(flags: StreamFlags): string;
  forwardUrl(ports?: number[]): string;
  /** The upgrade requests seen so far. */
  readonly requests: IncomingMessage[];
}

const ALL_SPDY = [
  "v4.channel.k8s.io",
  "v3.channel.k8s.io",
  "v2.channel.k8s.io",
  "channel.k8s.io",
  "portforward.k8s.io",
];

export async function startStreamServer(options: StreamServerOptions): Promise<StreamServer> {
  const requests: IncomingMessage[] = [];
  const sockets = new Set<Socket>();
  const server: Server = options.tls ? createHttpsServer(options.tls) : createHttpServer();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("request", (_request, response) => response.writeHead(400).end("no upgrade"));
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    requests.push(request);
    const served = new ServedUpgrade(options, request, socket, head);
    if (request.headers.upgrade?.toLowerCase() === "websocket") served.webSocket();
    else served.spdy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const origin = `${options.tls ? "https" : "http"}://127.0.0.1:${port}`;
  return {
    port,
    requests,
    execUrl: (flags) => {
      const asked = Object.entries(flags).filter(([, isAsked]) => isAsked);
      return `${origin}/exec/token?${asked.map(([name]) => `${name}=1`).join("&")}`;
    },
    forwardUrl: (ports = []) => `${origin}/portforward/token?${ports.map((each) => `port=${each}`).join("&")}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

class ServedUpgrade {
  readonly #query: URLSearchParams;
  readonly #isExec: boolean;

  constructor(
    private readonly options: StreamServerOptions,
    private readonly request: IncomingMessage,
    private readonly socket: Duplex,
    private readonly head: Buffer,
  ) {
    const url = new URL(request.url ?? "/", "http://localhost");
    this.#query = url.searchParams;
    this.#isExec = url.pathname.startsWith("/exec");
  }

  spdy(): void {
    const accepted = this.options.spdyProtocols ?? ALL_SPDY;
    const offered = String(this.request.headers["x-stream-protocol-version"] ?? "").split(/\s*,\s*/);
    const protocol = offered.find((version) => accepted.includes(version));
    if (protocol === undefined) {
      this.#refuse(403, `X-Accepted-Stream-Protocol-Versions: ${accepted.join(", ")}\r\n`, "unable to negotiate");
      return;
    }
    this.#switch(`Upgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${protocol}\r\n`);
    if (this.#isExec) this.#spdyExec(protocol);
    else this.#spdyForward(this.socket);
  }

  webSocket(): void {
    const offered = String(this.request.headers["sec-websocket-protocol"] ?? "").split(/\s*,\s*/);
    if (this.options.tunnel && offered.includes(TUNNEL_PROTOCOLS[0]!)) {
      const accept = acceptKey(String(this.request.headers["sec-websocket-key"]));
      this.#switch(
        `Upgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: ${TUNNEL_PROTOCOLS[0]}\r\n`,
      );
      this.#spdyForward(new WebSocketTunnel(this.socket, "server"));
      return;
    }
    const accepted = this.options.webSocketProtocols ?? ["v5.channel.k8s.io", "v4.channel.k8s.io"];
    const protocol = offered.find((each) => accepted.includes(each));
    if (protocol === undefined) {
      this.#refuse(403, "", "");
      return;
    }
    const upgrader = new WebSocketServer({ noServer: true, handleProtocols: () => protocol, autoPong: false });
    upgrader.handleUpgrade(this.request, this.socket, this.head, (webSocket) => {
      const channels = new ChannelSocket(webSocket, protocol);
      if (this.#isExec) this.#webSocketExec(channels);
      else this.#webSocketForward(channels);
      channels.start();
    });
  }

  #spdyExec(protocol: string): void {
    const hasResize = this.#query.has("tty") && /^v[3-9]/.test(protocol);
    const expected = ["error", ...["stdin", "stdout", "stderr"].filter((name) => this.#query.has(name))];
    if (hasResize) expected.push("resize");
    const streams = new Map<string, SpdyStream>();
    const link = new SpdyConnection(this.socket, {
      role: "server",
      onStream: (stream) => {
        streams.set(stream.headers.streamtype ?? "", stream);
        stream.reply();
        if (streams.size === expected.length) this.#exec(protocol, link, (name) => streams.get(name));
      },
    });
  }

  #webSocketExec(channels: ChannelSocket): void {
    const numbers: Record<string, number> = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 };
    // An empty message on the first channel that a client reads: ready.
    channels.send(1, Buffer.alloc(0), () => undefined);
    this.#exec(channels.protocol, channels, (name) => channels.channel(numbers[name]!));
  }

  #exec(protocol: string, link: Link, channel: (name: string) => ByteChannel | undefined): void {
    const readable = (name: string) => new ChannelReadable(channel(name) ?? new NoChannel());
    const writable = (name: string) => new ChannelWritable(channel(name) ?? new NoChannel(), protocol);
    const errors = writable("error");
    void this.options.exec?.({
      protocol,
      link,
      stdin: readable("stdin"),
      stdout: writable("stdout"),
      stderr: writable("stderr"),
      sizes: readable("resize"),
      report: (text) => new Promise((resolve) => errors.write(text, () => resolve())),
    });
  }

  #spdyForward(transport: Duplex): void {
    const errors = new Map<string, SpdyStream>();
    new SpdyConnection(transport, {
      role: "server",
      onStream: (stream) => {
        const { streamtype, requestid = "", port } = stream.headers;
        const error = errors.get(requestid);
        stream.reply();
        if (streamtype === "error") errors.set(requestid, stream);
        else if (error) this.#forward(Number(port), stream, error);
      },
    });
  }

  #webSocketForward(channels: ChannelSocket): void {
    this.#query.getAll("port").forEach((text, index) => {
      const port = Number(text);
      const announcement = Buffer.of(port & 0xff, port >> 8);
      channels.send(2 * index, announcement, () => undefined);
      channels.send(2 * index + 1, announcement, () => undefined);
      this.#forward(port, channels.channel(2 * index), channels.channel(2 * index + 1));
    });
  }

  #forward(port: number, data: ByteChannel, error: ByteChannel): void {
    const connection = new ChannelPortForwardConnection(port, data, error, "the test server's protocol");
    const endErrors = (text: string) =>
      new Promise<void>((resolve) => {
        const finish = () => (error.canFinish ? error.finish(() => resolve()) : resolve());
        if (text === "") finish();
        else error.send(Buffer.from(text), finish);
      });
    void this.options.forward?.({ port, connection, endErrors });
  }

  #switch(headers: string): void {
    this.socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n${headers}\r\n`);
  }

  #refuse(status: number, headers: string, body: string): void {
    this.socket.end(`HTTP/1.1 ${status} Refused\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`);
  }
}

/** Stands for a stream that the client did not ask for. */
class NoChannel implements ByteChannel {
  sink = { onData: () => true, onEnd: () => undefined, onFail: () => undefined };
  readonly canFinish = true;
  send = (_chunk: Buffer, done: () => void) => done();
  finish = (done: () => void) => done();
  resume = () => undefined;
  abandon = () => undefined;
}
