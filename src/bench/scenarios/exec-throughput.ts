import type { StreamSession, StreamTransport } from "../../streaming/index.js";
import type { Laps } from "../core/laps.js";
import type { Scenario, ScenarioContext, ScenarioSession } from "../core/scenario.js";
import { runPod } from "./running-pod.js";
import { readBytes, SessionOpener, writeBytes } from "./streams.js";

/** Many times what all buffers on the way hold. */
export const TRANSFER_BYTES = 50 * 1024 * 1024;

/** Output as fast as an exec can carry it. */
export const stdoutThroughput = (transport: StreamTransport): Scenario => ({
  name: `stdout-throughput-${transport}`,
  title: `Exec of a command that writes ${TRANSFER_BYTES} bytes, until the last one is here`,
  phases: ["open", "transfer"],
  setUp: (context) =>
    execAgain(context, transport, { stdout: true }, `head -c ${TRANSFER_BYTES} /dev/zero`, (session) =>
      readBytes(session.stdout, TRANSFER_BYTES, context.signal),
    ),
});

/** Input as fast as an exec can carry it. */
export const stdinThroughput = (transport: StreamTransport): Scenario => ({
  name: `stdin-throughput-${transport}`,
  title: `Exec of a command that reads ${TRANSFER_BYTES} bytes, until it says that it has the last one`,
  phases: ["open", "transfer"],
  setUp: (context) =>
    execAgain(
      context,
      transport,
      { stdin: true, stdout: true },
      `head -c ${TRANSFER_BYTES} > /dev/null; printf x`,
      async (session) => {
        const done = readBytes(session.stdout, 1, context.signal);
        await Promise.all([done, writeBytes(session.stdin, TRANSFER_BYTES, context.signal)]);
      },
    ),
});

/** Executes a script in each attempt and times what is done with its streams. */
async function execAgain(
  context: ScenarioContext,
  transport: StreamTransport,
  flags: { stdin?: true; stdout: true },
  script: string,
  transfer: (session: StreamSession) => Promise<void>,
): Promise<ScenarioSession> {
  const { rpc, signal } = context;
  const opener = new SessionOpener(transport, flags, signal);
  const pod = await runPod(context);
  const containerId = await pod.startContainer("target");
  const newUrl = async (cmd: string[]) => (await rpc.exec({ containerId, cmd, ...flags })).url;
  await opener
    .settle(() => newUrl(["true"]))
    .catch(async (error: unknown) => {
      await pod.remove();
      throw error;
    });
  const prepare = () => {
    let session: StreamSession | undefined;
    return Promise.resolve({
      async measure(laps: Laps) {
        session = await opener.open(await newUrl(["sh", "-c", script]));
        laps.mark("open");
        await transfer(session);
        laps.mark("transfer");
      },
      conclude: async () => session?.close(),
    });
  };
  return { prepare, cleanUp: () => pod.remove() };
}
