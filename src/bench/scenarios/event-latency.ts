import type { Laps } from "../core/laps.js";
import { NotApplicableError, type Scenario } from "../core/scenario.js";
import { isUnimplemented, runPod, type RunningPod } from "./running-pod.js";
import { StartedEvents } from "./started-events.js";

/**
 * How soon GetContainerEvents tells of a start. The event may come before StartContainer answers: `event` is 0 then.
 */
export const eventLatency: Scenario = {
  name: "event-latency",
  title: "StartContainer, until GetContainerEvents tells that the container has started",
  phases: ["start", "event"],
  async setUp(context) {
    const { rpc, cleanUpRpc, signal } = context;
    const events = new StartedEvents(rpc);
    let pod: RunningPod | undefined;
    const cleanUp = async () => {
      await events.close();
      await pod?.remove();
    };
    try {
      pod = await runPod(context);
      // The stream is known to be open once it has told of something.
      await events.of(await pod.startContainer("first"), signal);
    } catch (error) {
      await cleanUp();
      if (isUnimplemented(error)) throw new NotApplicableError("the runtime does not implement GetContainerEvents");
      throw error;
    }
    let made = 0;
    const prepare = async () => {
      const containerId = await pod.createContainer(`c${++made}`);
      return {
        async measure(laps: Laps) {
          await rpc.startContainer({ containerId });
          laps.mark("start");
          laps.mark("event", await events.of(containerId, signal));
        },
        async conclude() {
          events.forget(containerId);
          await cleanUpRpc.stopContainer({ containerId, timeout: 0n });
          await cleanUpRpc.removeContainer({ containerId });
        },
      };
    };
    return { prepare, cleanUp };
  },
};
