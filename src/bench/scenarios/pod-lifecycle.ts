import type { Laps } from "../core/laps.js";
import type { Scenario } from "../core/scenario.js";

/** The calls on a sandbox without containers, one after the other, as `critest -benchmark` times them for pods. */
export const podLifecycle: Scenario = {
  name: "pod-lifecycle",
  title: "a sandbox without containers: RunPodSandbox, PodSandboxStatus, StopPodSandbox, RemovePodSandbox",
  phases: ["run", "status", "stop", "remove"],
  setUp({ rpc, pods }) {
    const prepare = async () => {
      const plan = await pods.plan();
      let podSandboxId: string | undefined;
      return {
        async measure(laps: Laps) {
          ({ podSandboxId } = await rpc.runPodSandbox({ config: plan.config, runtimeHandler: plan.runtimeHandler }));
          laps.mark("run");
          await rpc.podSandboxStatus({ podSandboxId });
          laps.mark("status");
          await rpc.stopPodSandbox({ podSandboxId });
          laps.mark("stop");
          await rpc.removePodSandbox({ podSandboxId });
          laps.mark("remove");
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
