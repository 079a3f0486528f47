import { createServer, type AddressInfo, type Socket } from "node:net";
import { sh, until, type Container, type PodSandbox, type SpecContext } from "../../src/harness/index.js";

/**
 * Serves in the suite's own process on the node's loopback address: for pods on the node's network, where a server
 * that takes many connections at once is wanted, and for what a pod must not reach.
 */
export async function serveOnNode(
  { defer }: Pick<SpecContext, "defer">,
  onConnection: (socket: Socket) => void,
): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  defer(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

/** A container that runs a script for each connection to a port of its pod, with the connection as stdin and stdout. */
export async function serveInPod(sandbox: PodSandbox, port: number, script: string): Promise<Container> {
  const container = await sandbox.startContainer({ command: ["nc", "-ll", "-p", `${port}`, "-e", ...sh(script)] });
  await untilListening(container, port);
  return container;
}

/** Waits for a listener on a port of the container's network, without connecting to it. */
export async function untilListening(container: Container, port: number): Promise<void> {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const listening = new RegExp(`:${hex} [0-9A-F:]+ 0A `);
  await until(`a process to listen on port ${port} of the pod`, async () =>
    listening.test(await container.output(sh("cat /proc/net/tcp /proc/net/tcp6 2>/dev/null; true"))),
  );
}
