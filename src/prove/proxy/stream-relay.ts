import { createServer, connect, type AddressInfo, type Server, type Socket } from "node:net";

/** One connection to the runtime's streaming server and the client's part of it. */
export interface RelayedConnection {
  client: Socket;
  server: Socket;
}

/** Joins the two sides of a connection in a way of its own, instead of passing everything on. */
export type RelayFault = (connection: RelayedConnection) => void;

/** Where a wildcard address is reached. */
const LOOPBACKS: ReadonlyMap<string, string> = new Map([
  ["0.0.0.0", "127.0.0.1"],
  ["[::]", "[::1]"],
]);

/**
 * Serves the runtime's streaming servers again on loopback ports of its own. It knows nothing of HTTP, SPDY or
 * WebSocket: bytes and half-closes are passed on as they are, so that TLS passes as well.
 */
export class StreamRelay {
  /** What happens to connections made from now on; undefined passes everything on. */
  fault: RelayFault | undefined;
  readonly #servers = new Map<string, Promise<Server>>();
  readonly #sockets = new Set<Socket>();

  /** The same URL with the relay's address in place of the server's; a text that is no URL stays as it is. */
  async rewrite(url: string): Promise<string> {
    if (!URL.canParse(url)) return url;
    const { protocol, hostname, port } = new URL(url);
    if (protocol !== "http:" && protocol !== "https:") return url;
    const host = LOOPBACKS.get(hostname) ?? hostname;
    const target = `${host}:${port === "" ? (protocol === "https:" ? 443 : 80) : port}`;
    const running = this.#servers.get(target) ?? this.#serve(target);
    this.#servers.set(target, running);
    const own = (await running).address() as AddressInfo;
    // Textually, because a URL object would tidy up the path, and its token is the runtime's business.
    return url.replace(/^(https?:\/\/)[^/]*/i, `$1127.0.0.1:${own.port}`);
  }

  /** Ends all connections and servers. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    for (const running of this.#servers.values()) {
      const server = await running;
      await new Promise((resolve) => server.close(resolve));
    }
  }

  async #serve(target: string): Promise<Server> {
    const [, host = "", port = ""] = /^\[?([^\]]+)\]?:(\d+)$/.exec(target) ?? [];
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
      const upstream = connect({ host, port: Number(port), allowHalfOpen: true, noDelay: true });
      for (const socket of [client, upstream]) this.#keep(socket);
      (this.fault ?? joinSides)({ client, server: upstream });
      tieEnds(client, upstream);
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, "127.0.0.1", resolve);
    });
    return server;
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => this.#sockets.delete(socket));
  }
}

/** Passes bytes and half-closes on, both ways. */
export function joinSides({ client, server }: RelayedConnection): void {
  client.pipe(server);
  server.pipe(client);
}

/** A side that is gone for good takes the other one with it, with a reset where it had one. */
function tieEnds(client: Socket, server: Socket): void {
  const follow = (socket: Socket, other: Socket): void => {
    let failed = false;
    socket.on("error", () => (failed = true));
    socket.on("close", () => {
      if (failed) other.resetAndDestroy();
      // After a proper end whoever joined the sides passes it on, once all bytes before it are through.
      else if (!socket.readableEnded) other.end();
    });
  };
  follow(client, server);
  follow(server, client);
}
