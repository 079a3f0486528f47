import type { Laps } from "../core/laps.js";
import type { Scenario } from "../core/scenario.js";
import { FirstLineWatch } from "./first-line.js";
import { FIRST_LINE_TIMEOUT_MS } from "./running-pod.js";

/** Says one line, then stays until it is killed. */
const COMMAND = ["sh", "-c", "echo ready; exec sleep 86400"];

/**
 * A pod's start as the kubelet does it with the image present: RunPodSandbox, CreateContainer, StartContainer, until the
 * container's first line is in its log file. The line may be on disk before StartContainer answers: `firstLog` is 0 then.
 */
export const podStartup: Scenario = {
  name: "pod-startup",
  title: "RunPodSandbox, CreateContainer, StartContainer, until the first log line is on disk; image present",
  phases: ["sandbox", "create", "start", "firstLog"],
  setUp({ rpc, pods, image, signal, note }) {
    const prepare = async () => {
      const plan = await pods.plan();
      const container = pods.container("first", image, COMMAND);
      const watch = new FirstLineWatch(plan.logFolder, "first.log");
      let podSandboxId: string | undefined;
      return {
        async measure(laps: Laps) {
          const { config: sandboxConfig, runtimeHandler } = plan;
          ({ podSandboxId } = await rpc.runPodSandbox({ config: sandboxConfig, runtimeHandler }));
          laps.mark("sandbox");
          const { containerId } = await rpc.createContainer({ podSandboxId, config: container, sandboxConfig });
          laps.mark("create");
          await rpc.startContainer({ containerId });
          laps.mark("start");
          const line = await watch.wait(FIRST_LINE_TIMEOUT_MS, signal);
          laps.mark("firstLog", line.atNs);
          if (!line.notified) note("missedNotification");
        },
        async conclude() {
          watch.close();
          if (podSandboxId !== undefined) await pods.remove(podSandboxId);
          await pods.removeLogs(plan);
        },
      };
    };
    return Promise.resolve({ prepare, cleanUp: () => Promise.resolve() });
  },
};
