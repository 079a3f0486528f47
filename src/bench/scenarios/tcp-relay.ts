import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A relay that is listening on loopback. */
export interface TcpRelay {
  readonly port: number;
  close(): Promise<void>;
}

/** Forwards connections as plainly as can be, for comparison: one pipe each way in this process. */
export async function startTcpRelay(target: { host: string; port: number }): Promise<TcpRelay> {
  const sockets = new Set<Socket>();
  const server = createServer((downstream) => {
    const upstream = connect(target);
    for (const socket of [downstream, upstream]) {
      sockets.add(socket);
      socket.once("close", () => {
        sockets.delete(socket);
        downstream.destroy();
        upstream.destroy();
      });
      socket.on("error", () => undefined);
    }
    downstream.pipe(upstream).pipe(downstream);
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
