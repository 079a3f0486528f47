import type { StreamSession, StreamTransport } from "../../streaming/index.js";
import type { Laps } from "../core/laps.js";
import type { Scenario } from "../core/scenario.js";
import { runPod } from "./running-pod.js";
import { echoLine, SessionOpener } from "./streams.js";

/** Attaching to a process that reads and writes, as `kubectl attach -i` does, and leaving it running. */
export const attach = (transport: StreamTransport): Scenario => ({
  name: `attach-${transport}`,
  title: "Attach to a running `cat`, opening the stream, a line to it and back",
  phases: ["attach", "connect", "roundTrip"],
  async setUp(context) {
    const { rpc, signal } = context;
    const flags = { stdin: true, stdout: true, stderr: true };
    const opener = new SessionOpener(transport, flags, signal);
    const pod = await runPod(context);
    const containerId = await pod.startContainer("target", {
      command: ["sh", "-c", "echo ready; exec cat"],
      stdin: true,
    });
    const newUrl = async () => (await rpc.attach({ containerId, ...flags })).url;
    await opener.settle(newUrl).catch(async (error: unknown) => {
      await pod.remove();
      throw error;
    });
    const prepare = () => {
      let session: StreamSession | undefined;
      return Promise.resolve({
        async measure(laps: Laps) {
          const url = await newUrl();
          laps.mark("attach");
          session = await opener.open(url);
          laps.mark("connect");
          await echoLine(session.stdin, session.stdout, signal);
          laps.mark("roundTrip");
        },
        conclude: async () => session?.close(),
      });
    };
    return { prepare, cleanUp: () => pod.remove() };
  },
});
