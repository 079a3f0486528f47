import type { Laps } from "../core/laps.js";
import type { Scenario } from "../core/scenario.js";
import { runPod } from "./running-pod.js";
import { echoLine, SessionOpener } from "./streams.js";
import type { StreamSession, StreamTransport } from "../../streaming/index.js";

/** Ends after one line: the end of stdin cannot be told over every transport. */
const COMMAND = ["sh", "-c", 'read line; echo "$line"'];

/** What `kubectl exec -i` waits for. */
export const execStream = (transport: StreamTransport): Scenario => ({
  name: `exec-stream-${transport}`,
  title: "Exec of a shell, opening the stream, a line to it and back, and its exit code",
  phases: ["exec", "connect", "roundTrip", "exit"],
  async setUp(context) {
    const { rpc, signal } = context;
    const flags = { stdin: true, stdout: true, stderr: true };
    const opener = new SessionOpener(transport, flags, signal);
    const pod = await runPod(context);
    const containerId = await pod.startContainer("target");
    const newUrl = async () => (await rpc.exec({ containerId, cmd: COMMAND, ...flags })).url;
    await opener.settle(newUrl).catch(async (error: unknown) => {
      await pod.remove();
      throw error;
    });
    const prepare = () => {
      let session: StreamSession | undefined;
      return Promise.resolve({
        async measure(laps: Laps) {
          const url = await newUrl();
          laps.mark("exec");
          session = await opener.open(url);
          laps.mark("connect");
          await echoLine(session.stdin, session.stdout, signal);
          laps.mark("roundTrip");
          session.stdout.resume();
          session.stderr.resume();
          const exit = await session.exit;
          laps.mark("exit");
          if (exit.kind !== "exited" || exit.code !== 0) {
            throw new Error(`the shell ended as ${JSON.stringify(exit)} instead of with exit code 0`);
          }
        },
        conclude: async () => session?.close(),
      });
    };
    return { prepare, cleanUp: () => pod.remove() };
  },
});
