import { Server as GrpcServer, ServerCredentials, type sendUnaryData } from "@grpc/grpc-js";
import { createServer, type Server, type Socket } from "node:net";

/** A socket at a path, and what it does to those who connect. */
export async function listenRaw(path: string, onConnection: (socket: Socket) => void): Promise<AsyncDisposable> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    onConnection(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  return {
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * A gRPC server with one service: `answers` tells for each method whether it answers (with no bytes) or never does.
 */
export async function listenGrpc(
  path: string,
  service: string,
  answers: Record<string, "empty" | "never">,
): Promise<AsyncDisposable> {
  const server = new GrpcServer();
  const bytes = (value: Buffer): Buffer => value;
  const methods = Object.keys(answers).map((name) => [
    name,
    {
      path: `/${service}/${name}`,
      requestStream: false,
      responseStream: false,
      requestSerialize: bytes,
      requestDeserialize: bytes,
      responseSerialize: bytes,
      responseDeserialize: bytes,
    },
  ]);
  const handlers = Object.entries(answers).map(([name, answer]) => [
    name,
    (_call: unknown, done: sendUnaryData<Buffer>): void => {
      if (answer === "empty") done(null, Buffer.alloc(0));
    },
  ]);
  server.addService(
    Object.fromEntries(methods) as Parameters<GrpcServer["addService"]>[0],
    Object.fromEntries(handlers) as Parameters<GrpcServer["addService"]>[1],
  );
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), (error) =>
      error ? reject(error) : resolve(),
    );
  });
  return {
    [Symbol.asyncDispose]: () => {
      server.forceShutdown();
      return Promise.resolve();
    },
  };
}
