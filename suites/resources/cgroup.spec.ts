import { existsSync } from "node:fs";
import {
  behaviour,
  cgroupFolders,
  cgroupOf,
  ContainerState,
  expect,
  expectError,
  hostPid,
  ownCgroupParent,
  until,
} from "../../src/harness/index.js";
import { mebibytes } from "./limited.js";

behaviour(
  "RES-016",
  {
    title: "Each container has a cgroup of its own below the pod's parent, which is removed with it",
    level: "required",
    rpcs: ["CreateContainer", "RemoveContainer", "RemovePodSandbox"],
    clause: "LinuxPodSandboxConfig.cgroup_parent: cgroups of the pod are below it and end with the pod",
    needs: ["node-files"],
  },
  async (context) => {
    const { runtime, notApplicable } = context;
    const cgroupParent = ownCgroupParent(context);
    const sandbox = await runtime.runSandbox({ linux: { cgroupParent } });
    const containers = await Promise.all([sandbox.startContainer(), sandbox.startContainer()]);
    const statuses = await Promise.all(containers.map((container) => container.statusResponse(true)));
    const [first, second] = await Promise.all(statuses.map(({ info }) => hostPid(info)));
    if (first === undefined || second === undefined)
      return notApplicable("ContainerStatus names no process on this node");
    if (first === second) return notApplicable("one process of the node runs all containers of a pod", "handler");

    const paths = [await cgroupOf(first), await cgroupOf(second)];
    expect(new Set(paths).size, "different cgroups of two containers").to.equal(2);
    for (const path of paths) {
      expect(path.split("/"), "elements of a container's cgroup path").to.include(cgroupParent.replace(/^\//, ""));
    }
    const sandboxPid = await hostPid((await sandbox.statusResponse(true)).info);
    const pids = [first, second, ...(sandboxPid === undefined ? [] : [sandboxPid])];
    const folders = (await Promise.all(pids.map(cgroupFolders))).flat();
    if (folders.length === 0) return notApplicable("the cgroups of this node are not visible to the suite");

    await sandbox.stop();
    await sandbox.remove();

    const left = (): string[] => folders.filter((folder) => existsSync(folder));
    // systemd removes scopes after the call.
    await until("the cgroups of the pod to be gone", () => left().length === 0, { seen: () => left().join(", ") });
  },
);

behaviour(
  "RES-017",
  {
    title: "Resources of a pod sandbox can be updated while it lives",
    level: "optional",
    rpcs: ["UpdatePodSandboxResources"],
    clause: "UpdatePodSandboxResourcesRequest.overhead, resources: told to the runtime when a pod is resized",
    needs: ["update-pod-sandbox-resources"],
  },
  async ({ runtime, rpc, names }) => {
    const container = await runtime.startContainer({ pod: {} });
    const resources = { memoryLimitInBytes: mebibytes(512), cpuShares: 512n };
    const overhead = { memoryLimitInBytes: mebibytes(16) };

    await rpc.updatePodSandboxResources({ podSandboxId: container.sandbox.id, resources, overhead });

    expect(await container.status(), "ContainerStatus afterwards").to.have.fields({
      state: ContainerState.CONTAINER_RUNNING,
    });
    await expectError(
      rpc.updatePodSandboxResources({ podSandboxId: names.next(), resources, overhead }),
      "NotFound",
      "UpdatePodSandboxResources of an unknown id",
    );
  },
);
