import {
  behaviour,
  ContainerState,
  expect,
  expectError,
  heartbeat,
  PodSandboxState,
  sh,
  untilSilent,
} from "../../src/harness/index.js";
import { idsOf, listedSandboxes } from "./listed.js";

behaviour(
  "SBX-001",
  {
    title: "RunPodSandbox returns a usable id and the sandbox is READY the moment the call returns",
    level: "required",
    rpcs: ["RunPodSandbox", "PodSandboxStatus"],
    clause: "RunPodSandbox: the sandbox is ready when the call has succeeded",
    critest:
      "[k8s.io] PodSandbox runtime should support basic operations on PodSandbox runtime should support running PodSandbox [Conformance]",
  },
  async ({ runtime }) => {
    const sandbox = await runtime.runSandbox();
    const status = await sandbox.status();
    const other = await runtime.runSandbox();

    expect(sandbox.id, "RunPodSandboxResponse.pod_sandbox_id").to.not.equal("");
    expect(status, "first PodSandboxStatus").to.have.fields({ id: sandbox.id, state: PodSandboxState.SANDBOX_READY });
    expect(other.id, "id of a second sandbox").to.not.equal(sandbox.id);
  },
);

behaviour(
  "SBX-004",
  {
    title: "StopPodSandbox moves the sandbox to NOTREADY and keeps it listed",
    level: "required",
    rpcs: ["StopPodSandbox", "PodSandboxStatus", "ListPodSandbox"],
    clause: "StopPodSandbox: the sandbox stops and stays known until RemovePodSandbox",
    critest:
      "[k8s.io] PodSandbox runtime should support basic operations on PodSandbox runtime should support stopping PodSandbox [Conformance]",
  },
  async ({ runtime, rpc }) => {
    const sandbox = await runtime.runSandbox({ annotations: { "critique.dev/note": "kept" } });
    const { createdAt, metadata, labels, annotations } = await sandbox.status();

    await sandbox.stop();

    expect(await sandbox.status(), "PodSandboxStatus after StopPodSandbox").to.have.fields({
      state: PodSandboxState.SANDBOX_NOTREADY,
      createdAt,
      metadata,
      labels,
      annotations,
    });
    expect(idsOf(await listedSandboxes(rpc, {})), "ids of ListPodSandbox").to.include(sandbox.id);
  },
);

behaviour(
  "SBX-005",
  {
    title: "RemovePodSandbox makes the sandbox disappear from status and list",
    level: "required",
    rpcs: ["RemovePodSandbox", "PodSandboxStatus", "ListPodSandbox"],
    clause: "RemovePodSandbox: the sandbox is gone; PodSandboxStatus of an unknown id is NotFound",
    critest:
      "[k8s.io] PodSandbox runtime should support basic operations on PodSandbox runtime should support removing PodSandbox [Conformance]",
  },
  async ({ runtime, rpc }) => {
    const sandbox = await runtime.runSandbox();
    await sandbox.stop();

    await sandbox.remove();

    await expectError(sandbox.status(), "NotFound", "PodSandboxStatus of a removed sandbox");
    expect(idsOf(await listedSandboxes(rpc, {})), "ids of ListPodSandbox").to.not.include(sandbox.id);
    expect(idsOf(await listedSandboxes(rpc, { id: sandbox.id })), "ids of ListPodSandbox filtered by its id").to.be
      .empty;
  },
);

behaviour(
  "SBX-006",
  {
    title: "StopPodSandbox terminates every running container of the pod",
    level: "required",
    rpcs: ["StopPodSandbox", "ContainerStatus", "ListContainers"],
    clause: "StopPodSandbox: running containers of the sandbox are terminated by force",
  },
  async ({ runtime, rpc }) => {
    const sandbox = await runtime.runSandbox();
    const containers = await Promise.all([
      sandbox.startContainer(),
      sandbox.startContainer(),
      sandbox.startContainer({ command: sh("trap '' TERM; while :; do sleep 1; done") }),
    ]);

    // The kubelet waits two minutes by default; half of that is ample for a forced stop.
    await rpc.stopPodSandbox({ podSandboxId: sandbox.id }, { timeoutMs: 60_000 });

    for (const container of containers) {
      const status = await container.status();
      expect(status.state, "ContainerStatus.state after StopPodSandbox").to.equal(ContainerState.CONTAINER_EXITED);
      expect(status.finishedAt > 0n, "ContainerStatus.finished_at is set").to.equal(true);
    }
    const listed = await rpc.listContainers({ filter: { podSandboxId: sandbox.id } });
    expect(idsOf(listed.containers), "ids of ListContainers filtered by the sandbox").to.have.members(
      idsOf(containers),
    );
  },
);

behaviour(
  "SBX-007",
  {
    title: "RemovePodSandbox on a READY sandbox kills and removes its containers",
    level: "required",
    rpcs: ["RemovePodSandbox", "ListContainers", "ContainerStatus"],
    clause: "RemovePodSandbox: containers left in the sandbox are terminated and removed by force",
  },
  async ({ runtime, rpc, tempFolder }) => {
    const folder = await tempFolder("alive");
    const sandbox = await runtime.runSandbox();
    const running = await sandbox.startContainer({
      command: sh(heartbeat("/alive/beats")),
      mounts: [{ containerPath: "/alive", hostPath: folder }],
    });
    const created = await sandbox.createContainer();
    const exited = await sandbox.startContainer({ command: ["/bin/true"] });
    await exited.exited();

    await sandbox.remove();

    await expectError(running.status(), "NotFound", "ContainerStatus of the running container");
    await expectError(created.status(), "NotFound", "ContainerStatus of the created container");
    await expectError(exited.status(), "NotFound", "ContainerStatus of the exited container");
    const listed = await rpc.listContainers({ filter: { podSandboxId: sandbox.id } });
    expect(idsOf(listed.containers), "ids of ListContainers filtered by the sandbox").to.be.empty;
    await untilSilent(`${folder}/beats`);
  },
);
