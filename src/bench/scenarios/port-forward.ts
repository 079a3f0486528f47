import {
  openPortForwardSession,
  UpgradeRefusedError,
  type PortForwardSession,
  type StreamTransport,
} from "../../streaming/index.js";
import { waitUntil } from "../../support/wait-until.js";
import type { Laps } from "../core/laps.js";
import type { Scenario } from "../core/scenario.js";
import { runPod } from "./running-pod.js";
import { dialWith, echoLine, notOffered } from "./streams.js";

const PORT = 8080;

/** How long the server in the pod may take to listen. */
const LISTEN_TIMEOUT_MS = 10_000;

/** What a first request through `kubectl port-forward` waits for. */
export const portForward = (transport: StreamTransport): Scenario => ({
  name: `port-forward-${transport}`,
  title: "PortForward, opening the stream, a connection, and a line to an echo server in the pod and back",
  phases: ["portForward", "connect", "roundTrip"],
  async setUp(context) {
    const { rpc, signal } = context;
    const pod = await runPod(context);
    await pod.startContainer("server", { command: ["sh", "-c", `echo ready; exec nc -ll -p ${PORT} -e cat`] });
    const newUrl = async () => (await rpc.portForward({ podSandboxId: pod.podSandboxId, port: [PORT] })).url;
    const open = (url: string) => openPortForwardSession(url, { ...dialWith(transport, signal), ports: [PORT] });
    const roundTrip = async (session: PortForwardSession) => {
      const connection = await session.connect(PORT, { signal });
      // A connection that is reset after its echo says nothing about the round trip.
      connection.on("error", () => undefined);
      await echoLine(connection, connection, signal);
      connection.destroy();
    };
    const tryOnce = async () => {
      const session = await open(await newUrl());
      await roundTrip(session).finally(() => session.close());
      return true;
    };
    try {
      const description = `the echo server in the pod to listen on port ${PORT}`;
      await waitUntil(tryOnce, { description, timeoutMs: LISTEN_TIMEOUT_MS, signal });
    } catch (error) {
      await pod.remove();
      const { cause } = error as Error;
      throw cause instanceof UpgradeRefusedError ? notOffered(cause, transport) : error;
    }
    const prepare = () => {
      let session: PortForwardSession | undefined;
      return Promise.resolve({
        async measure(laps: Laps) {
          const url = await newUrl();
          laps.mark("portForward");
          session = await open(url);
          laps.mark("connect");
          await roundTrip(session);
          laps.mark("roundTrip");
        },
        conclude: async () => session?.close(),
      });
    };
    return { prepare, cleanUp: () => pod.remove() };
  },
});
