import { randomBytes } from "node:crypto";
import {
  answerOf,
  behaviour,
  ContainerState,
  expect,
  expectError,
  PodSandboxState,
  RpcError,
} from "../../src/harness/index.js";
import { condition } from "../runtime/condition.js";

behaviour(
  "ERR-001",
  {
    title: "Lookup of unknown objects is NotFound",
    level: "required",
    rpcs: [
      "PodSandboxStatus",
      "ContainerStatus",
      "ContainerStats",
      "StartContainer",
      "UpdateContainerResources",
      "ReopenContainerLog",
    ],
    clause:
      "PodSandboxStatus, ContainerStatus: NotFound for an id that does not exist; the kubelet tells it from other errors",
  },
  async ({ rpc, probe, note }) => {
    const id = randomBytes(32).toString("hex");
    const by = { containerId: id };

    await expectError(rpc.podSandboxStatus({ podSandboxId: id }), "NotFound", "PodSandboxStatus of an unknown id");
    await expectError(rpc.containerStatus(by), "NotFound", "ContainerStatus of an unknown id");
    const others = {
      ContainerStats: () => rpc.containerStats(by),
      StartContainer: () => rpc.startContainer(by),
      UpdateContainerResources: () => rpc.updateContainerResources({ ...by, linux: {} }),
      ReopenContainerLog: () => rpc.reopenContainerLog(by),
    };
    for (const [name, call] of Object.entries(others)) {
      if (probe.unimplemented.has(name as keyof typeof others)) continue;
      const error = await expectError(call(), "any", `${name} of an unknown id`);
      if (error && !error.is("NotFound")) note(`${name} answers ${error.codeName} where NotFound would say more`);
    }
  },
);

behaviour(
  "ERR-002",
  {
    title: "Empty ids are rejected or treated as not found, never as everything",
    level: "required",
    rpcs: ["StopPodSandbox", "RemovePodSandbox", "StopContainer", "RemoveContainer", "RemoveImage"],
    clause:
      "StopPodSandbox, RemovePodSandbox, StopContainer, RemoveContainer, RemoveImage: act on the object that the id names",
  },
  async ({ runtime, rpc }) => {
    const containers = await Promise.all([runtime.startContainer({ pod: {} }), runtime.startContainer({ pod: {} })]);

    await answerOf(rpc.stopContainer({ containerId: "" }));
    await answerOf(rpc.removeContainer({ containerId: "" }));
    await answerOf(rpc.stopPodSandbox({ podSandboxId: "" }));
    await answerOf(rpc.removePodSandbox({ podSandboxId: "" }));
    await answerOf(rpc.removeImage({ image: { image: "" } }));

    for (const container of containers) {
      const { status } = await rpc.podSandboxStatus({ podSandboxId: container.sandbox.id });
      expect(status, "PodSandboxStatus").to.have.fields({ state: PodSandboxState.SANDBOX_READY });
      expect(await container.status(), "ContainerStatus").to.have.fields({ state: ContainerState.CONTAINER_RUNNING });
    }
    const { image } = await rpc.imageStatus({ image: containers[0].config.image });
    expect(image, "Image of the containers").to.not.equal(undefined);
  },
);

/** No answer has to be computed; a runtime that takes longer hangs. */
const PROMPT = { timeoutMs: 10_000 };

behaviour(
  "ERR-003",
  {
    title: "Null messages inside requests do not crash the runtime",
    level: "required",
    rpcs: [
      "RunPodSandbox",
      "CreateContainer",
      "PullImage",
      "ImageStatus",
      "RemoveImage",
      "UpdateContainerResources",
      "UpdateRuntimeConfig",
      "ListContainers",
    ],
    clause: "proto3: a message inside a message may always be absent",
  },
  async ({ runtime, rpc, note }) => {
    const container = await runtime.startContainer({ pod: {} });
    const podSandboxId = container.sandbox.id;
    const requests = {
      RunPodSandbox: () => rpc.runPodSandbox({}, PROMPT),
      "CreateContainer without any": () => rpc.createContainer({}, PROMPT),
      "CreateContainer without config": () => rpc.createContainer({ podSandboxId }, PROMPT),
      "CreateContainer without image": () =>
        rpc.createContainer(
          {
            podSandboxId,
            config: { metadata: { name: "no-image", attempt: 0 } },
            sandboxConfig: container.sandbox.config,
          },
          PROMPT,
        ),
      PullImage: () => rpc.pullImage({}, PROMPT),
      ImageStatus: () => rpc.imageStatus({}, PROMPT),
      RemoveImage: () => rpc.removeImage({}, PROMPT),
      UpdateContainerResources: () => rpc.updateContainerResources({ containerId: container.id }, PROMPT),
      UpdateRuntimeConfig: () => rpc.updateRuntimeConfig({}, PROMPT),
      ListContainers: () => rpc.listContainers({}, PROMPT),
    };

    for (const [name, call] of Object.entries<() => Promise<unknown>>(requests)) {
      const answer = await answerOf(call());
      note(`${name}: ${answer instanceof RpcError ? answer.codeName : "OK"}`);
    }

    await rpc.version({});
    expect(await condition(rpc, "RuntimeReady"), "condition RuntimeReady afterwards").to.have.fields({ status: true });
    expect(await container.status(), "ContainerStatus of a running container").to.have.fields({
      state: ContainerState.CONTAINER_RUNNING,
    });
  },
);
