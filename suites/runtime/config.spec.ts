import {
  answerOf,
  behaviour,
  CgroupDriver,
  cgroupOf,
  ContainerState,
  expect,
  hostPid,
  ownCgroupParent,
  RpcError,
} from "../../src/harness/index.js";
import { condition } from "./condition.js";
import { podsOfOthers } from "./others.js";

behaviour(
  "RTI-007",
  {
    title: "RuntimeConfig names the cgroup driver actually used",
    level: "recommended",
    rpcs: ["RuntimeConfig"],
    clause: "LinuxRuntimeConfiguration.cgroup_driver: the kubelet takes it over",
    needs: ["runtime-config", "node-files"],
  },
  async (context) => {
    const { runtime, rpc, notApplicable } = context;
    const { linux } = await rpc.runtimeConfig({});
    const again = await rpc.runtimeConfig({});

    expect(again.linux?.cgroupDriver, "cgroup_driver of a second reply").to.equal(linux?.cgroupDriver);
    // Without it the kubelet stays with its own configuration, and nothing makes the two agree.
    expect(linux, "RuntimeConfigResponse.linux").to.not.equal(undefined);
    if (!linux) return;
    expect(CgroupDriver[linux.cgroupDriver], "cgroup_driver").to.be.oneOf(["SYSTEMD", "CGROUPFS"]);

    const cgroupParent = ownCgroupParent(context);
    const container = await runtime.startContainer({ pod: { linux: { cgroupParent } } });
    const { info } = await container.statusResponse(true);
    const pid = await hostPid(info);
    if (pid === undefined) return notApplicable("ContainerStatus names no process on this node");
    const path = await cgroupOf(pid);
    // systemd's own units: a slice holds a scope with the processes. The plain driver makes folders of any name.
    if (linux.cgroupDriver === CgroupDriver.SYSTEMD) {
      expect(path, "cgroup of the container's process").to.match(/\.slice\/[^/]+\.scope(\/|$)/);
    } else {
      expect(path, "cgroup of the container's process").to.not.match(/\.scope(\/|$)/);
    }
  },
);

behaviour(
  "RTI-008",
  {
    title: "UpdateRuntimeConfig accepts a pod CIDR and an empty one",
    level: "required",
    rpcs: ["UpdateRuntimeConfig", "Status"],
    clause:
      "UpdateRuntimeConfig: a runtime that needs no settings answers OK; the kubelet calls it when its pod CIDR changes",
    locks: ["node-settings"],
  },
  async (context) => {
    const { runtime, rpc, note } = context;
    const container = await runtime.startContainer({ pod: {} });
    const before = await rpc.podSandboxStatus({ podSandboxId: container.sandbox.id });
    const update = (podCidr: string) => rpc.updateRuntimeConfig({ runtimeConfig: { networkConfig: { podCidr } } });

    await update("");
    if ((await podsOfOthers(context)) === 0) {
      await update("10.88.0.0/16");
      const answer = await answerOf(update("not-a-cidr"));
      note(`"not-a-cidr" was ${answer instanceof RpcError ? `refused with ${answer.codeName}` : "ignored"}`);
    } else {
      note("no pod CIDR was sent, as the runtime has pods of others: some runtimes would change their network");
    }

    for (const type of ["RuntimeReady", "NetworkReady"]) {
      expect(await condition(rpc, type), `condition ${type} afterwards`).to.have.fields({ status: true });
    }
    expect(await container.status(), "ContainerStatus of a running container").to.have.fields({
      state: ContainerState.CONTAINER_RUNNING,
    });
    const after = await rpc.podSandboxStatus({ podSandboxId: container.sandbox.id });
    expect(after.status, "PodSandboxStatus of its sandbox").to.have.fields(before.status ?? {});
    await runtime.startContainer({ pod: {} });
  },
);
