import type { Laps } from "../core/laps.js";
import type { Scenario } from "../core/scenario.js";
import { GRACE_PERIOD_S, runPod } from "./running-pod.js";

/** The calls on a container in a pod that is there already, as `critest -benchmark` times them for containers. */
export const containerLifecycle: Scenario = {
  name: "container-lifecycle",
  title:
    "a container in a running pod: CreateContainer, StartContainer, ContainerStatus, StopContainer, RemoveContainer",
  phases: ["create", "start", "status", "stop", "remove"],
  async setUp(context) {
    const { rpc, cleanUpRpc } = context;
    const pod = await runPod(context);
    let made = 0;
    const prepare = () => {
      const name = `c${++made}`;
      let containerId: string | undefined;
      return Promise.resolve({
        async measure(laps: Laps) {
          containerId = await pod.createContainer(name);
          laps.mark("create");
          await rpc.startContainer({ containerId });
          laps.mark("start");
          await rpc.containerStatus({ containerId });
          laps.mark("status");
          await pod.untilReady(name);
          laps.skip();
          await rpc.stopContainer({ containerId, timeout: GRACE_PERIOD_S });
          laps.mark("stop");
          await rpc.removeContainer({ containerId });
          laps.mark("remove");
        },
        async conclude() {
          // A no-op after success: the contract makes RemoveContainer idempotent.
          if (containerId !== undefined) await cleanUpRpc.removeContainer({ containerId });
        },
      });
    };
    return { prepare, cleanUp: () => pod.remove() };
  },
};
