import type { Laps } from "../core/laps.js";
import type { Scenario } from "../core/scenario.js";
import { GRACE_PERIOD_S, runPod } from "./running-pod.js";

/** The end of a pod with one running container, call by call as the kubelet makes them. */
export const podTeardown: Scenario = {
  name: "pod-teardown",
  title: "StopContainer of a process that ends on SIGTERM, StopPodSandbox, RemoveContainer, RemovePodSandbox",
  phases: ["stopContainer", "stopSandbox", "removeContainer", "removeSandbox"],
  setUp(context) {
    const { rpc } = context;
    const prepare = async () => {
      const pod = await runPod(context);
      const { podSandboxId } = pod;
      const containerId = await pod.startContainer("only");
      return {
        async measure(laps: Laps) {
          await rpc.stopContainer({ containerId, timeout: GRACE_PERIOD_S });
          laps.mark("stopContainer");
          await rpc.stopPodSandbox({ podSandboxId });
          laps.mark("stopSandbox");
          await rpc.removeContainer({ containerId });
          laps.mark("removeContainer");
          await rpc.removePodSandbox({ podSandboxId });
          laps.mark("removeSandbox");
        },
        conclude: () => pod.remove(),
      };
    };
    return Promise.resolve({ prepare, cleanUp: () => Promise.resolve() });
  },
};
