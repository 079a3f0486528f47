import type { Laps } from "../core/laps.js";
import type { Scenario } from "../core/scenario.js";
import { LastLineWatch } from "./last-line.js";
import { FIRST_LINE_TIMEOUT_MS, runPod } from "./running-pod.js";

/** Lines of 100 characters, as long as a usual one; with the runtime's own columns some 14 MiB of log. */
const LINES = 100_000;
const LINE = "x".repeat(99);

/** What the container's log must end with. */
const LAST_LINE = "critique-log-ends-here";

/** A container that writes as fast as it can, until the runtime has its last line on disk. */
export const logThroughput: Scenario = {
  name: "log-throughput",
  title: `a container writes ${LINES} lines of 100 bytes, until the last one is in its log file`,
  phases: ["start", "drain"],
  async setUp(context) {
    const { rpc, pods, image, signal } = context;
    const pod = await runPod(context);
    // It stays: what a runtime does with output that is in the pipe when a container ends is another question.
    const command = ["sh", "-c", `yes ${LINE} | head -n ${LINES}; echo ${LAST_LINE}; exec sleep 86400`];
    let made = 0;
    const prepare = async () => {
      const name = `writer-${made++}`;
      const { podSandboxId, plan } = pod;
      const config = pods.container(name, image, command);
      const { containerId } = await rpc.createContainer({ podSandboxId, config, sandboxConfig: plan.config });
      const watch = new LastLineWatch(plan.logFolder, `${name}.log`, LAST_LINE);
      return {
        async measure(laps: Laps) {
          await rpc.startContainer({ containerId });
          laps.mark("start");
          laps.mark("drain", await watch.wait(FIRST_LINE_TIMEOUT_MS, signal));
        },
        async conclude() {
          watch.close();
          await rpc.removeContainer({ containerId });
          await pods.removeLog(plan, name);
        },
      };
    };
    return { prepare, cleanUp: () => pod.remove() };
  },
};
