import { connect } from "node:net";
import { setTimeout } from "node:timers/promises";
import { formatDurationMs } from "../../support/duration.js";
import type { Laps } from "../core/laps.js";
import type { Scenario } from "../core/scenario.js";

const PORT = 8080;

/** Pause between two tries to connect: the part `ready` is known no better than this. */
const RETRY_MS = 1;

const READY_TIMEOUT_MS = 30_000;

/** A pod's start up to the moment in which its server takes a connection from the host: a readiness probe's view. */
export const podReady: Scenario = {
  name: "pod-ready",
  title: "RunPodSandbox, PodSandboxStatus for the address, CreateContainer, StartContainer, until its server accepts",
  phases: ["sandbox", "address", "create", "start", "ready"],
  setUp({ rpc, pods, image, signal }) {
    const prepare = async () => {
      const plan = await pods.plan();
      const container = pods.container("server", image, ["httpd", "-f", "-p", String(PORT), "-h", "/tmp"]);
      let podSandboxId: string | undefined;
      return {
        async measure(laps: Laps) {
          const { config: sandboxConfig, runtimeHandler } = plan;
          ({ podSandboxId } = await rpc.runPodSandbox({ config: sandboxConfig, runtimeHandler }));
          laps.mark("sandbox");
          const { status } = await rpc.podSandboxStatus({ podSandboxId });
          laps.mark("address");
          const address = status?.network?.ip;
          if (!address) throw new Error("PodSandboxStatus gave no address: the pod has no network of its own");
          const { containerId } = await rpc.createContainer({ podSandboxId, config: container, sandboxConfig });
          laps.mark("create");
          await rpc.startContainer({ containerId });
          laps.mark("start");
          await untilAccepted(address, signal);
          laps.mark("ready");
        },
        async conclude() {
          if (podSandboxId !== undefined) await pods.remove(podSandboxId);
          await pods.removeLogs(plan);
        },
      };
    };
    return Promise.resolve({ prepare, cleanUp: () => Promise.resolve() });
  },
};

async function untilAccepted(host: string, signal: AbortSignal): Promise<void> {
  const deadlineMs = performance.now() + READY_TIMEOUT_MS;
  while (!(await accepts(host))) {
    signal.throwIfAborted();
    if (performance.now() > deadlineMs) {
      throw new Error(`${host}:${PORT} did not accept a connection within ${formatDurationMs(READY_TIMEOUT_MS)}`);
    }
    await setTimeout(RETRY_MS);
  }
}

/** Tries once. A try without an answer ends soon: an address that is not routed yet may swallow the first packet. */
function accepts(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: PORT, timeout: 200 });
    const settle = (accepted: boolean) => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once("connect", () => settle(true));
    socket.once("timeout", () => settle(false));
    socket.once("error", () => settle(false));
  });
}
