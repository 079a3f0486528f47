import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { openPortForwardSession, type PortForwardSession, type StreamTransport } from "../../streaming/index.js";
import type { Laps } from "../core/laps.js";
import type { Scenario } from "../core/scenario.js";
import { TRANSFER_BYTES } from "./exec-throughput.js";
import { runPod } from "./running-pod.js";
import { dialWith, notOffered, readBytes, writeBytes } from "./streams.js";
import { startTcpRelay } from "./tcp-relay.js";

const PORT = 8080;

/** A forwarded connection under load, with the same bytes through a plain relay beside it: what TCP would have done. */
export const portForwardThroughput = (transport: StreamTransport): Scenario => ({
  name: `port-forward-throughput-${transport}`,
  title: `${TRANSFER_BYTES} bytes to a server in the pod and as many back, forwarded and through a plain TCP relay`,
  phases: ["open", "upload", "download", "relayUpload", "relayDownload"],
  async setUp(context) {
    const { rpc, signal } = context;
    const pod = await runPod(context);
    const { podSandboxId } = pod;
    const serve = `echo "#!/bin/sh" > /tmp/serve; echo "head -c ${TRANSFER_BYTES} > /dev/null; head -c ${TRANSFER_BYTES} /dev/zero" >> /tmp/serve`;
    const command = `${serve}; chmod +x /tmp/serve; echo ready; exec nc -ll -p ${PORT} -e /tmp/serve`;
    await pod.startContainer("server", { command: ["sh", "-c", command] });
    const { status } = await rpc.podSandboxStatus({ podSandboxId });
    const address = status?.network?.ip;
    if (!address) {
      await pod.remove();
      throw new Error("PodSandboxStatus gave no address: the pod has no network of its own");
    }
    const relay = await startTcpRelay({ host: address, port: PORT });
    const cleanUp = async () => {
      await relay.close();
      await pod.remove();
    };
    const open = async () => {
      const { url } = await rpc.portForward({ podSandboxId, port: [PORT] });
      return openPortForwardSession(url, { ...dialWith(transport, signal), ports: [PORT] });
    };
    try {
      await (await open()).close();
    } catch (error) {
      await cleanUp();
      throw notOffered(error, transport);
    }
    const prepare = () => {
      let session: PortForwardSession | undefined;
      const exchange = async (stream: Duplex, laps: Laps, upload: string, download: string) => {
        // What resets a connection when its session is closed is no error of the transfer.
        stream.on("error", () => undefined);
        const back = readBytes(stream, TRANSFER_BYTES, signal, () => laps.mark(upload));
        await Promise.all([back, writeBytes(stream, TRANSFER_BYTES, signal)]);
        laps.mark(download);
        stream.destroy();
      };
      return Promise.resolve({
        async measure(laps: Laps) {
          session = await open();
          const connection = await session.connect(PORT, { signal });
          laps.mark("open");
          await exchange(connection, laps, "upload", "download");
          await exchange(connect(relay.port, "127.0.0.1"), laps, "relayUpload", "relayDownload");
        },
        conclude: async () => session?.close(),
      });
    };
    return { prepare, cleanUp };
  },
});
