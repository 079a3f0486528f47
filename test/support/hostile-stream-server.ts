import { createServer, type AddressInfo, type Socket } from "node:net";
import { deflateRawSync } from "node:zlib";
import { HEADER_DICTIONARY, HEADER_DICTIONARY_ID } from "../../src/streaming/spdy/dictionary.js";
import { acceptKey } from "../../src/streaming/websocket/tunnel-port-forward.js";

/** What the server does once it has read a request's headers. */
export type HostileScript = (socket: Socket, request: string) => void;

/** A server that says what a script says, byte by byte. */
export interface HostileServer extends AsyncDisposable {
  readonly port: number;
  url(path?: string): string;
}

/** Starts a TCP server that reads one HTTP request per connection and then follows the script. */
export async function startHostileServer(script: HostileScript): Promise<HostileServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    let request = "";
    const read = (chunk: Buffer) => {
      request += chunk.toString("latin1");
      if (!request.includes("\r\n\r\n")) return;
      socket.off("data", read);
      script(socket, request);
    };
    socket.on("data", read);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: (path = "/exec/token") => `http://127.0.0.1:${port}${path}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Upgrades in good order, to SPDY or WebSocket as asked and with the first protocol offered, and goes on with the script. */
export function afterUpgrade(script: (socket: Socket) => void): HostileScript {
  return (socket, request) => {
    const value = (name: string) => new RegExp(`^${name}: *(.*?)\r$`, "im").exec(request)?.[1] ?? "";
    const first = (list: string) => list.split(",")[0]?.trim();
    const lines =
      value("upgrade") === "websocket"
        ? [
            "Upgrade: websocket",
            `Sec-WebSocket-Accept: ${acceptKey(value("sec-websocket-key"))}`,
            `Sec-WebSocket-Protocol: ${first(value("sec-websocket-protocol"))}`,
          ]
        : ["Upgrade: SPDY/3.1", `X-Stream-Protocol-Version: ${first(value("x-stream-protocol-version"))}`];
    socket.write(["HTTP/1.1 101 Switching Protocols", "Connection: Upgrade", ...lines, "", ""].join("\r\n"));
    script(socket);
  };
}

/** Writes a piece again and again, as fast as the peer takes it, until the connection is gone. */
export function flood(socket: Socket, piece: Buffer | string): void {
  const more = () => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.on("drain", more);
  more();
}

/** Misbehaviour below HTTP or in it, for any transport. */
export const HOSTILE_HANDSHAKES: Record<string, HostileScript> = {
  "accepts and says nothing": () => undefined,
  "closes at once": (socket) => socket.end(),
  "resets at once": (socket) => socket.resetAndDestroy(),
  "answers with garbage": (socket) => socket.write("\x00\x01\x02 this is not HTTP\r\n\r\n"),
  "sends half a status line": (socket) => socket.write("HTTP/1.1 10"),
  "sends endless headers": (socket) => {
    socket.write("HTTP/1.1 101 Switching Protocols\r\n");
    flood(socket, `X-Filler: ${"x".repeat(1000)}\r\n`);
  },
  "sends endless informational replies": (socket) => flood(socket, "HTTP/1.1 100 Continue\r\n\r\n"),
  "refuses with an endless body": (socket) => {
    socket.write("HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\n\r\n");
    flood(socket, "no ".repeat(1000));
  },
  "refuses with a body that never comes": (socket) =>
    socket.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 10\r\n\r\n"),
  "redirects elsewhere": (socket) =>
    socket.end("HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n"),
  "switches to something else": (socket) =>
    socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\n"),
  "switches without saying to what": (socket) => socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n"),
  "chooses a protocol that was not offered": (socket, request) =>
    afterUpgrade(() => undefined)(
      socket,
      request.replace(/^(X-Stream-Protocol-Version|Sec-WebSocket-Protocol): .*\r$/im, "$1: bogus\r"),
    ),
};

const ping = (id: number) => Buffer.from([0x80, 3, 0, 6, 0, 0, 0, 4, 0, 0, 0, id]);

/** Misbehaviour after an upgrade to SPDY/3.1. */
export const HOSTILE_SPDY: Record<string, HostileScript> = {
  "says nothing": afterUpgrade(() => undefined),
  "sends half a frame and stalls": afterUpgrade((socket) => socket.write(Buffer.from([0x80, 3, 0, 2, 0, 0]))),
  "sends half a frame and closes": afterUpgrade((socket) => socket.end(Buffer.from([0x80, 3, 0, 2, 0, 0]))),
  resets: afterUpgrade((socket) => socket.resetAndDestroy()),
  closes: afterUpgrade((socket) => socket.end()),
  "sends garbage": afterUpgrade((socket) => socket.write("HTTP/1.1 500 Internal Server Error\r\n\r\n")),
  "announces a control frame of 16 MiB": afterUpgrade((socket) => {
    socket.write(Buffer.from([0x80, 3, 0, 2, 0, 0xff, 0xff, 0xff]));
    flood(socket, Buffer.alloc(64 * 1024));
  }),
  "sends data for a stream that nobody opened": afterUpgrade((socket) => {
    socket.write(Buffer.from([0x7f, 0xff, 0xff, 0xff, 0, 0xff, 0xff, 0xff]));
    flood(socket, Buffer.alloc(64 * 1024));
  }),
  "floods ping": afterUpgrade((socket) => flood(socket, Buffer.alloc(12_000, ping(2)))),
  "floods ping and reads nothing": afterUpgrade((socket) => {
    socket.pause();
    flood(socket, Buffer.alloc(12_000, ping(2)));
  }),
  "floods settings": afterUpgrade((socket) =>
    flood(socket, Buffer.alloc(12_000, Buffer.from([0x80, 3, 0, 4, 0, 0, 0, 4, 0, 0, 0, 0]))),
  ),
  "floods empty data": afterUpgrade((socket) =>
    flood(socket, Buffer.alloc(8000, Buffer.from([0, 0, 0, 1, 0, 0, 0, 0]))),
  ),
  "speaks another version": afterUpgrade((socket) =>
    socket.write(Buffer.from([0x80, 2, 0, 2, 0, 0, 0, 4, 0, 0, 0, 1])),
  ),
  "sends a zlib bomb as reply headers": afterUpgrade((socket) =>
    socket.write(replyWith(zlibBlock(Buffer.alloc(5_000_000)))),
  ),
  "announces four billion headers": afterUpgrade((socket) => socket.write(replyWith(zlibBlock(Buffer.alloc(4, 0xff))))),
  "sends a damaged header block": afterUpgrade((socket) => socket.write(replyWith(Buffer.alloc(30, 0xa5)))),
  "resets every stream": afterUpgrade((socket) => {
    for (const id of [1, 3, 5, 7]) socket.write(Buffer.from([0x80, 3, 0, 3, 0, 0, 0, 8, 0, 0, 0, id, 0, 0, 0, 3]));
  }),
  "opens streams without end": afterUpgrade((socket) => {
    let id = 0;
    const next = () => Buffer.concat(Array.from({ length: 500 }, () => synStream((id += 2), id === 2)));
    const more = () => {
      while (!socket.destroyed && id < 2_000_000 && socket.write(next()));
    };
    socket.on("drain", more);
    more();
  }),
};

/** Misbehaviour after an upgrade to a WebSocket. */
export const HOSTILE_WEBSOCKET: Record<string, HostileScript> = {
  "says nothing": afterUpgrade(() => undefined),
  "sends half a frame and closes": afterUpgrade((socket) => socket.end(Buffer.from([0x82, 126, 1]))),
  resets: afterUpgrade((socket) => socket.resetAndDestroy()),
  "closes without a close frame": afterUpgrade((socket) => socket.end()),
  "sends garbage": afterUpgrade((socket) => socket.write("HTTP/1.1 500 Internal Server Error\r\n\r\n")),
  "announces a frame of 4 GB": afterUpgrade((socket) => {
    socket.write(Buffer.from([0x82, 127, 0, 0, 0, 1, 0, 0, 0, 0]));
    flood(socket, Buffer.alloc(64 * 1024));
  }),
  "sends a message without end, in fragments": afterUpgrade((socket) => {
    socket.write(Buffer.from([0x02, 1, 1]));
    flood(socket, Buffer.concat([Buffer.from([0x00, 126, 0x10, 0]), Buffer.alloc(4096)]));
  }),
  "floods ping": afterUpgrade((socket) => flood(socket, Buffer.alloc(2000, Buffer.from([0x89, 0])))),
  "floods ping and reads nothing": afterUpgrade((socket) => {
    socket.pause();
    flood(socket, Buffer.alloc(2000, Buffer.from([0x89, 0])));
  }),
  "floods empty messages": afterUpgrade((socket) => flood(socket, Buffer.alloc(3000, Buffer.from([0x82, 1, 1])))),
  "masks its frames": afterUpgrade((socket) => socket.write(Buffer.from([0x82, 0x82, 0, 0, 0, 0, 1, 65]))),
  "sends status without end": afterUpgrade((socket) =>
    flood(socket, Buffer.concat([Buffer.from([0x82, 126, 0x10, 1, 3]), Buffer.alloc(4096, 0x7b)])),
  ),
};

function zlibBlock(plain: Buffer): Buffer {
  const header = Buffer.alloc(6);
  header.writeUInt16BE(0x78f9);
  header.writeUInt32BE(HEADER_DICTIONARY_ID, 2);
  return Buffer.concat([header, deflateRawSync(plain, { dictionary: HEADER_DICTIONARY })]);
}

function replyWith(block: Buffer): Buffer {
  const head = Buffer.from([0x80, 3, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1]);
  head.writeUIntBE(block.length + 4, 5, 3);
  return Buffer.concat([head, block]);
}

/** A SYN_STREAM without headers. */
function synStream(id: number, isFirst: boolean): Buffer {
  // Only the first block carries the zlib header; an uncompressed deflate block needs no context.
  const stored = Buffer.from([0, 4, 0, 0xfb, 0xff, 0, 0, 0, 0]);
  const block = isFirst ? Buffer.concat([zlibBlock(Buffer.alloc(0)).subarray(0, 6), stored]) : stored;
  const head = Buffer.alloc(18);
  head.writeUInt32BE(0x80030001);
  head.writeUInt32BE(block.length + 10, 4);
  head.writeUInt32BE(id, 8);
  return Buffer.concat([head, block]);
}
