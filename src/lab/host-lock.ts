import { once } from "node:events";
import { createServer } from "node:net";

import { waitUntil } from "../support/wait-until.js";

/** In Linux's abstract namespace: no file, and the kernel lets go of it when the process ends, however it ends. */
const lockAddress = "\0critique-labs";

/**
 * Runs an action while no other process on this host (in this network namespace, which is what is protected) runs one:
 * choosing addresses, and changes of the host that labs share.
 */
export async function withHostLock<T>(action: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const server = await waitUntil(tryToListen, {
    description: "another lab to finish its changes of the host",
    timeoutMs: 60_000,
    signal,
  });
  try {
    return await action();
  } finally {
    server.close();
    await once(server, "close");
  }
}

async function tryToListen() {
  const server = createServer((socket) => socket.destroy());
  server.listen(lockAddress);
  await once(server, "listening");
  return server;
}
