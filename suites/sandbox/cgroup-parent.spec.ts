import { behaviour, cgroupOf, expect, hostPid, ownCgroupParent } from "../../src/harness/index.js";

behaviour(
  "SBX-024",
  {
    title: "RunPodSandbox honours cgroup_parent",
    level: "required",
    rpcs: ["RunPodSandbox", "CreateContainer", "StartContainer"],
    clause: "LinuxPodSandboxConfig.cgroup_parent: the whole pod is below it, where the kubelet limits the pod",
    needs: ["node-files"],
  },
  async (context) => {
    const { runtime, notApplicable } = context;
    const cgroupParent = ownCgroupParent(context);
    const sandbox = await runtime.runSandbox({ linux: { cgroupParent } });
    const container = await sandbox.startContainer();
    const processes = [
      { of: "container", pid: await hostPid((await container.statusResponse(true)).info) },
      // A sandbox need not have a process of its own.
      { of: "sandbox", pid: await hostPid((await sandbox.statusResponse(true)).info) },
    ];
    if (processes[0]?.pid === undefined) return notApplicable("ContainerStatus names no process on this node");

    for (const { of, pid } of processes) {
      if (pid === undefined) continue;
      const above = (await cgroupOf(pid)).split("/").slice(0, -1);
      expect(above, `elements above the last in the cgroup path of the ${of}'s process`).to.include(
        cgroupParent.replace(/^\//, ""),
      );
    }
  },
);
