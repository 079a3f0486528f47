import {
  behaviour,
  ContainerState,
  expect,
  expectError,
  heartbeat,
  PodSandboxState,
  remains,
  sh,
  untilBeating,
  untilReady,
  untilSilent,
} from "../../src/harness/index.js";
import { listedContainers, listedIds } from "./listed.js";

behaviour(
  "CTR-001",
  {
    title: "CreateContainer returns an id and leaves the container in CREATED state",
    level: "required",
    rpcs: ["CreateContainer", "ContainerStatus", "ListContainers"],
    clause: "CreateContainer: creates the container without starting it",
    critest:
      "[k8s.io] Container runtime should support basic operations on container runtime should support creating container [Conformance]",
  },
  async ({ runtime, rpc }) => {
    const sandbox = await runtime.borrowSandbox();

    const container = await sandbox.createContainer();

    const status = await container.status();
    expect(container.id, "CreateContainerResponse.container_id").to.not.equal("");
    expect(status, "first ContainerStatus").to.have.fields({
      id: container.id,
      state: ContainerState.CONTAINER_CREATED,
      startedAt: 0,
      finishedAt: 0,
    });
    expect(Number(status.createdAt), "ContainerStatus.created_at").to.be.above(0);
    const listed = await listedContainers(rpc, { id: container.id });
    expect(listed, "containers listed by id").to.have.lengthOf(1);
    expect(listed[0], "the listed container").to.have.fields({
      id: container.id,
      podSandboxId: sandbox.id,
      state: ContainerState.CONTAINER_CREATED,
    });
  },
);

behaviour(
  "CTR-002",
  {
    title: "StartContainer makes the container RUNNING by the time it returns",
    level: "required",
    rpcs: ["StartContainer", "ContainerStatus"],
    clause: "StartContainer: the container runs, or has already ended, when the call has returned",
    critest:
      "[k8s.io] Container runtime should support basic operations on container runtime should support starting container [Conformance]",
  },
  async ({ runtime }) => {
    const sandbox = await runtime.borrowSandbox();
    const container = await sandbox.createContainer();

    await container.start();

    const status = await container.status();
    expect(status, "first ContainerStatus").to.have.fields({
      state: ContainerState.CONTAINER_RUNNING,
      finishedAt: 0,
      exitCode: 0,
    });
    expect(Number(status.startedAt - status.createdAt), "ns between created_at and started_at").to.be.at.least(0);
    let state = status.state;
    await remains(
      "ContainerStatus.state to stay CONTAINER_RUNNING",
      async () => (state = (await container.status()).state) === ContainerState.CONTAINER_RUNNING,
      // A process that a runtime loses is gone within milliseconds of its start.
      { forMs: 1_000, seen: () => ContainerState[state] },
    );
  },
);

behaviour(
  "CTR-003",
  {
    title: "StopContainer makes a running container EXITED",
    level: "required",
    rpcs: ["StopContainer", "ContainerStatus"],
    clause: "StopContainer: the container has exited when the call has returned",
    critest:
      "[k8s.io] Container runtime should support basic operations on container runtime should support stopping container [Conformance]",
  },
  async ({ runtime }) => {
    const sandbox = await runtime.borrowSandbox();
    const [container, neighbour] = await Promise.all([
      sandbox.startContainer({ command: sh("trap 'exit 0' TERM; touch /ready; while :; do sleep 0.1; done") }),
      sandbox.startContainer(),
    ]);
    await untilReady(container);

    const stopMs = await container.stop({ gracePeriodS: 60 });

    // The process ends on SIGTERM; a runtime that sits out the grace period takes a minute.
    expect(stopMs, "duration of StopContainer in ms").to.be.below(10_000);
    const status = await container.status();
    expect(status, "first ContainerStatus").to.have.fields({ state: ContainerState.CONTAINER_EXITED });
    expect(Number(status.finishedAt - status.startedAt), "ns between started_at and finished_at").to.be.at.least(0);
    expect(await neighbour.status(), "ContainerStatus of another container of the pod").to.have.fields({
      state: ContainerState.CONTAINER_RUNNING,
    });
  },
);

behaviour(
  "CTR-004",
  {
    title: "RemoveContainer removes a created, never started container",
    level: "required",
    rpcs: ["RemoveContainer", "ContainerStatus", "ListContainers"],
    clause: "RemoveContainer: the container is gone; ContainerStatus of an unknown id is NotFound",
    critest:
      "[k8s.io] Container runtime should support basic operations on container runtime should support removing created container [Conformance]",
  },
  async ({ runtime, rpc }) => {
    const sandbox = await runtime.borrowSandbox();
    const container = await sandbox.createContainer();

    await container.remove();

    await expectError(container.status(), "NotFound", "ContainerStatus of a removed container");
    expect(await listedIds(rpc, { podSandboxId: sandbox.id }), "ids of ListContainers").to.be.empty;
  },
);

behaviour(
  "CTR-005",
  {
    title: "RemoveContainer force-removes a running container",
    level: "required",
    rpcs: ["RemoveContainer", "ContainerStatus", "ListContainers"],
    clause: "RemoveContainer: a running container is killed and removed",
    needs: ["node-files"],
    critest:
      "[k8s.io] Container runtime should support basic operations on container runtime should support removing running container [Conformance]",
  },
  async ({ runtime, rpc, tempFolder }) => {
    const folder = await tempFolder("alive");
    const sandbox = await runtime.borrowSandbox();
    const container = await sandbox.startContainer({
      command: sh(heartbeat("/alive/beats")),
      mounts: [{ containerPath: "/alive", hostPath: folder }],
    });
    await untilBeating(`${folder}/beats`);

    await container.remove();

    await expectError(container.status(), "NotFound", "ContainerStatus of a removed container");
    expect(await listedIds(rpc, { podSandboxId: sandbox.id }), "ids of ListContainers").to.be.empty;
    await untilSilent(`${folder}/beats`);
  },
);

behaviour(
  "CTR-006",
  {
    title: "RemoveContainer removes a stopped container and leaves its sandbox READY",
    level: "required",
    rpcs: ["StopContainer", "RemoveContainer", "ContainerStatus"],
    clause: "RemoveContainer: the container is gone; ContainerStatus of an unknown id is NotFound",
    critest:
      "[k8s.io] Container runtime should support basic operations on container runtime should support removing stopped container [Conformance]",
  },
  async ({ runtime, rpc }) => {
    const sandbox = await runtime.runSandbox();
    const container = await sandbox.startContainer();
    await container.stop({ gracePeriodS: 10 });

    await container.remove();

    await expectError(container.status(), "NotFound", "ContainerStatus of a removed container");
    expect(await listedIds(rpc, { podSandboxId: sandbox.id }), "ids of ListContainers").to.be.empty;
    expect(await sandbox.status(), "PodSandboxStatus").to.have.fields({ state: PodSandboxState.SANDBOX_READY });
  },
);

behaviour(
  "CTR-032",
  {
    title: "StopContainer on a created, never started container is harmless",
    level: "required",
    rpcs: ["StopContainer", "ContainerStatus", "RemoveContainer"],
    clause: "StopContainer: idempotent, a container that does not run needs no stopping",
  },
  async ({ runtime }) => {
    const sandbox = await runtime.borrowSandbox();
    const container = await sandbox.createContainer();

    const stopMs = await container.stop({ gracePeriodS: 30 });

    // There is no process to wait for; a runtime that waits for one takes the whole grace period.
    expect(stopMs, "duration of StopContainer in ms").to.be.below(15_000);
    const { state } = await container.status();
    expect(ContainerState[state], "ContainerStatus.state").to.be.oneOf(["CONTAINER_CREATED", "CONTAINER_EXITED"]);
    await container.remove();
    await expectError(container.status(), "NotFound", "ContainerStatus of a removed container");
  },
);
