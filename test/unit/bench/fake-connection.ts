import type { CriConnection } from "../../../src/cri/client.js";
import { RpcError } from "../../../src/cri/rpc-error.js";

/** A connection to a runtime that has nothing on it and answers at once. */
export function fakeConnection(): CriConnection {
  const endpoint = { uri: "unix:///run/fake.sock", target: "unix:/run/fake.sock" };
  const rpc = {
    version: () => Promise.resolve({ runtimeName: "fake", runtimeVersion: "1.2.3", runtimeApiVersion: "v1" }),
    status: () => Promise.resolve({ status: { conditions: [] }, runtimeHandlers: [], info: {} }),
    runtimeConfig: () => Promise.reject(new RpcError("RuntimeConfig", 12, "unknown method", false)),
    listPodSandbox: () => Promise.resolve({ items: [] }),
  };
  return { runtimeEndpoint: endpoint, imageEndpoint: endpoint, rpc: () => rpc } as unknown as CriConnection;
}
