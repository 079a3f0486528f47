import type { Scenario } from "../core/scenario.js";
import { runPod } from "./running-pod.js";

const TIMEOUT_S = 30n;

/** An exec probe: the smallest command in a running container, from the call to its exit code. */
export const execSync: Scenario = {
  name: "exec-sync",
  title: "ExecSync of `true` in a running container",
  phases: [],
  async setUp(context) {
    const { rpc } = context;
    const pod = await runPod(context);
    const containerId = await pod.startContainer("target");
    const measure = async () => {
      const { exitCode, stderr } = await rpc.execSync({ containerId, cmd: ["true"], timeout: TIMEOUT_S });
      if (exitCode !== 0) throw new Error(`"true" ended with exit code ${exitCode}: ${Buffer.from(stderr).toString()}`);
    };
    const attempt = { measure, conclude: () => Promise.resolve() };
    return { prepare: () => Promise.resolve(attempt), cleanUp: () => pod.remove() };
  },
};
