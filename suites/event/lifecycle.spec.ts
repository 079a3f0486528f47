import {
  behaviour,
  ContainerEventType,
  ContainerState,
  expect,
  NamespaceMode,
  PodSandboxState,
  sh,
  untilReady,
  type ContainerEventResponse,
} from "../../src/harness/index.js";
import { ContainerEvents, heardSandbox, typeName } from "./container-events.js";

const { CONTAINER_CREATED_EVENT, CONTAINER_STARTED_EVENT, CONTAINER_STOPPED_EVENT, CONTAINER_DELETED_EVENT } =
  ContainerEventType;

/** Clocks of a runtime elsewhere and of the suite may differ; any other unit than nanoseconds is off by far more. */
const CLOCKS_DIFFER_MS = 300_000;

behaviour(
  "EVT-001",
  {
    title: "Container lifecycle produces created, started, stopped and deleted events in this order",
    level: "optional",
    rpcs: ["GetContainerEvents", "CreateContainer", "StartContainer", "StopContainer", "RemoveContainer"],
    clause: "ContainerEventResponse.container_event_type: one event for each step of the container",
    needs: ["event-stream"],
    locks: ["event-stream"],
  },
  async (context) => {
    const events = new ContainerEvents(context.rpc);
    const sandbox = await heardSandbox(context, events);

    const container = await sandbox.createContainer();
    await events.untilTold(container, CONTAINER_CREATED_EVENT);
    await container.start();
    await events.untilTold(container, CONTAINER_STARTED_EVENT);
    await container.stop();
    await events.untilTold(container, CONTAINER_STOPPED_EVENT);
    await container.remove();
    await events.untilTold(container, CONTAINER_DELETED_EVENT);

    expect(events.typesOf(container), "events of the container").to.deep.equal([
      "CREATED",
      "STARTED",
      "STOPPED",
      "DELETED",
    ]);
    const times = events.of(container).map(({ createdAt }) => createdAt);
    expect(times, "created_at of the events").to.deep.equal([...times].sort((a, b) => (a < b ? -1 : 1)));
    const offMs = times.map((time) => Math.abs(Number(time / 1_000_000n) - Date.now()));
    expect(Math.max(...offMs), "longest distance of created_at from now in ms").to.be.below(CLOCKS_DIFFER_MS);
  },
);

behaviour(
  "EVT-002",
  {
    title: "Sandbox lifecycle is reported with the sandbox id as container id",
    level: "optional",
    rpcs: ["GetContainerEvents", "RunPodSandbox", "StopPodSandbox", "RemovePodSandbox"],
    clause:
      "ContainerEventResponse.container_id, pod_sandbox_status: the sandbox's for its own events, with the status that PodSandboxStatus gives",
    needs: ["event-stream"],
    locks: ["event-stream"],
  },
  async (context) => {
    const events = new ContainerEvents(context.rpc);
    await heardSandbox(context, events);

    // What EVT-003's sandbox has not: the status in an event is to be whole.
    const sandbox = await context.runtime.runSandbox({
      annotations: { "critique.dev/of": context.names.next() },
      linux: { securityContext: { namespaceOptions: { network: NamespaceMode.NODE } } },
    });
    await events.untilTold(sandbox, CONTAINER_STARTED_EVENT);
    await sandbox.stop();
    const stopped = await events.untilTold(sandbox, CONTAINER_STOPPED_EVENT);
    const status = await sandbox.status();
    await sandbox.remove();
    await events.untilTold(sandbox, CONTAINER_DELETED_EVENT);

    expect(events.typesOf(sandbox), "events of the sandbox").to.deep.equal([
      "CREATED",
      "STARTED",
      "STOPPED",
      "DELETED",
    ]);
    expect(stopped.podSandboxStatus, "pod_sandbox_status of STOPPED").to.have.fields({
      id: sandbox.id,
      state: PodSandboxState.SANDBOX_NOTREADY,
    });
    expect(stopped.podSandboxStatus, "pod_sandbox_status of STOPPED").to.have.fields(status);
  },
);

behaviour(
  "EVT-003",
  {
    title: "Events carry pod and container statuses",
    level: "optional",
    rpcs: ["GetContainerEvents", "ContainerStatus", "PodSandboxStatus"],
    clause:
      "ContainerEventResponse.pod_sandbox_status and containers_statuses: the pod as it was at the event, as the status calls tell it",
    needs: ["event-stream", "node-files"],
    locks: ["event-stream"],
  },
  async (context) => {
    const events = new ContainerEvents(context.rpc);
    await context.runtime.startContainer(); // in another pod, so in none of the events below
    const sandbox = await heardSandbox(context, events);
    const mounted = await context.tempFolder("mounted");
    // A stream that is heard late leaves more than one container in the pod.
    const { containers: earlier } = await context.rpc.listContainers({ filter: { podSandboxId: sandbox.id } });
    const other = await sandbox.createContainer();
    const others = [...earlier, other].map(({ id }) => id);
    const container = await sandbox.createContainer({
      command: sh("trap 'exit 7' TERM; touch /ready; while :; do sleep 0.1; done"),
      annotations: { "critique.dev/of": context.names.next() },
      mounts: [{ containerPath: "/mounted", hostPath: mounted, readonly: true }],
      linux: { resources: { cpuPeriod: 100_000n, cpuQuota: 50_000n, cpuShares: 512n, memoryLimitInBytes: 64n << 20n } },
    });
    const { metadata } = sandbox.config;
    const expectStatuses = async (event: ContainerEventResponse, own?: object): Promise<void> => {
      const name = typeName(event.containerEventType);
      expect(event.createdAt, `created_at of ${name}`).to.not.equal(0n);
      expect(event.podSandboxStatus, `pod_sandbox_status of ${name}`).to.have.fields({
        id: sandbox.id,
        metadata: { name: metadata?.name, namespace: metadata?.namespace, uid: metadata?.uid },
        state: PodSandboxState.SANDBOX_READY,
      });
      // Nothing happens to the pod until the next step.
      expect(event.podSandboxStatus, `pod_sandbox_status of ${name}`).to.have.fields(await sandbox.status());
      const ids = event.containersStatuses.map(({ id }) => id);
      expect(ids, `ids of containers_statuses of ${name}`).to.have.members(own ? [...others, container.id] : others);
      const status = event.containersStatuses.find(({ id }) => id === container.id);
      if (!own) return;
      expect(status, `status of the container in ${name}`).to.have.fields(own);
      expect(status, `status of the container in ${name}`).to.have.fields(await container.status());
    };

    const { CONTAINER_CREATED, CONTAINER_RUNNING, CONTAINER_EXITED } = ContainerState;
    await expectStatuses(await events.untilTold(container, CONTAINER_CREATED_EVENT), { state: CONTAINER_CREATED });
    await container.start();
    await expectStatuses(await events.untilTold(container, CONTAINER_STARTED_EVENT), { state: CONTAINER_RUNNING });
    await untilReady(container);
    await container.stop({ gracePeriodS: 30 });
    const stopped = await events.untilTold(container, CONTAINER_STOPPED_EVENT);
    await expectStatuses(stopped, { state: CONTAINER_EXITED, exitCode: 7 });
    await container.remove();
    await expectStatuses(await events.untilTold(container, CONTAINER_DELETED_EVENT));
  },
);

behaviour(
  "EVT-004",
  {
    title: "A container that exits by itself produces a stop event quickly",
    level: "optional",
    rpcs: ["GetContainerEvents", "StartContainer", "ContainerStatus"],
    clause: "CONTAINER_STOPPED_EVENT: also when no call stopped the container, for the kubelet to restart it",
    needs: ["event-stream"],
    locks: ["event-stream"],
  },
  async (context) => {
    const events = new ContainerEvents(context.rpc);
    const sandbox = await heardSandbox(context, events);
    const container = await sandbox.startContainer({ command: sh("sleep 0.3; exit 5") });
    const { finishedAt, reason } = await container.exited();

    // Events are there to be faster than the kubelet's own look at all containers, each second.
    const event = await events.untilTold(container, CONTAINER_STOPPED_EVENT, 5_000);

    const status = event.containersStatuses.find(({ id }) => id === container.id);
    expect(status, "status of the container in STOPPED").to.have.fields({
      state: ContainerState.CONTAINER_EXITED,
      exitCode: 5,
      finishedAt,
      reason,
    });
    expect(status?.finishedAt, "finished_at in STOPPED").to.not.equal(0n);
  },
);
