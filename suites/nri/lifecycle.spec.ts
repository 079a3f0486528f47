import { behaviour, ContainerState, expect, NriEvent, sh } from "../../src/harness/index.js";

behaviour(
  "NRI-001",
  {
    title: "Pod lifecycle hooks fire in order with pod identity",
    level: "optional",
    rpcs: ["RunPodSandbox", "StopPodSandbox", "RemovePodSandbox"],
    clause: "NRI Event: RUN_POD_SANDBOX, STOP_POD_SANDBOX, REMOVE_POD_SANDBOX follow the calls of the kubelet",
    needs: ["nri"],
    locks: ["whole-node"],
    critest:
      "[k8s.io] NRI pod sandbox lifecycle should receive RunPodSandbox, StopPodSandbox, and RemovePodSandbox in strict order with correct metadata",
  },
  async ({ runtime, connectNri }) => {
    const nri = await connectNri();

    const sandbox = await runtime.runSandbox();
    await sandbox.stop();
    await sandbox.remove();
    await nri.seen(NriEvent.REMOVE_POD_SANDBOX, sandbox.id);

    expect(nri.kinds(), "events of the pod").to.deep.equal([
      "RUN_POD_SANDBOX",
      "STOP_POD_SANDBOX",
      "REMOVE_POD_SANDBOX",
    ]);
    const { name, namespace, uid } = sandbox.config.metadata ?? {};
    expect(nri.events[0]?.pod, "pod of RUN_POD_SANDBOX").to.have.fields({ name, namespace, uid });
    for (const { event, pod } of nri.events) {
      expect(pod?.id, `id of the pod of ${NriEvent[event]}`).to.equal(sandbox.id);
    }
  },
);

/** The events of a container that every runtime with NRI has; the others are announcements of what has happened. */
const CONTAINER_EVENTS = ["CREATE_CONTAINER", "START_CONTAINER", "STOP_CONTAINER", "REMOVE_CONTAINER"];
const lifecycleOf = (kinds: readonly string[]): string[] => kinds.filter((kind) => CONTAINER_EVENTS.includes(kind));

behaviour(
  "NRI-002",
  {
    title: "Container lifecycle hooks fire in order with container identity",
    level: "optional",
    rpcs: ["CreateContainer", "StartContainer", "StopContainer", "RemoveContainer"],
    clause: "NRI Event: CREATE_, START_, STOP_ and REMOVE_CONTAINER follow the calls of the kubelet",
    needs: ["nri"],
    locks: ["whole-node"],
    critest:
      "[k8s.io] NRI container lifecycle should receive CreateContainer, StartContainer, StopContainer, and RemoveContainer in strict order with correct metadata",
  },
  async ({ runtime, connectNri }) => {
    const nri = await connectNri();

    const container = await runtime.startContainer({ pod: {} });
    await container.stop({ gracePeriodS: 10 });
    await container.remove();
    await nri.seen(NriEvent.REMOVE_CONTAINER, container.id);

    // STOP_CONTAINER may come for the call and for the end of the process.
    const order = [...new Set(lifecycleOf(nri.kinds(container.id)))];
    expect(order, "kinds of the container's events in order").to.deep.equal(CONTAINER_EVENTS);
    for (const { event, pod, container: seen } of nri.events.filter((one) => one.container !== undefined)) {
      expect(seen, `container of ${NriEvent[event]}`).to.have.fields({
        id: container.id,
        podSandboxId: container.sandbox.id,
        name: container.config.metadata?.name,
      });
      expect(pod?.id, `id of the pod of ${NriEvent[event]}`).to.equal(container.sandbox.id);
    }
  },
);

behaviour(
  "NRI-003",
  {
    title: "A container that fails by itself gets a stop hook without removal",
    level: "optional",
    rpcs: ["StartContainer", "ContainerStatus", "RemoveContainer"],
    clause: "NRI Event: STOP_CONTAINER tells that a container has ended, whoever ended it",
    needs: ["nri"],
    locks: ["whole-node"],
    critest:
      "[k8s.io] NRI container lifecycle (failed container) should receive CreateContainer, StartContainer, StopContainer, and RemoveContainer for a container that exits with a non-zero code",
  },
  async ({ runtime, connectNri }) => {
    const nri = await connectNri();

    const container = await runtime.startContainer({ pod: {}, command: sh("exit 1") });
    await nri.seen(NriEvent.STOP_CONTAINER, container.id);
    expect(await container.exited(), "ContainerStatus").to.have.fields({
      state: ContainerState.CONTAINER_EXITED,
      exitCode: 1,
    });
    expect([...new Set(lifecycleOf(nri.kinds(container.id)))], "events before any call to end it").to.deep.equal(
      CONTAINER_EVENTS.slice(0, 3),
    );

    await container.remove();
    await nri.seen(NriEvent.REMOVE_CONTAINER, container.id);
  },
);
