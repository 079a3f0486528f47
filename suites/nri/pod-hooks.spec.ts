import {
  answerOf,
  behaviour,
  ContainerState,
  expect,
  expectError,
  NriEvent,
  PodSandboxState,
  RpcError,
} from "../../src/harness/index.js";

/** A call about something whose hook is held must answer at once; one that waits for the hook would be a deadlock. */
const PROMPTLY = { timeoutMs: 10_000 };

behaviour(
  "NRI-004",
  {
    title: "A sandbox is not visible as ready while its RunPodSandbox hook blocks",
    level: "optional",
    rpcs: ["RunPodSandbox", "ListPodSandbox", "PodSandboxStatus", "CreateContainer"],
    clause: "NRI RunPodSandbox: a pod runs when every plugin has agreed, and takes containers only then",
    needs: ["nri"],
    locks: ["whole-node"],
    critest: [
      "[k8s.io] NRI RunPodSandbox contract should not expose sandbox while RunPodSandbox hook is in progress",
      "[k8s.io] NRI RunPodSandbox contract should not start workload containers until RunPodSandbox hook completes",
    ],
  },
  async ({ runtime, rpc, names, connectNri }) => {
    const nri = await connectNri();
    const labels = { round: names.next() };
    const config = await runtime.podConfig({ labels });
    const container = await runtime.containerConfig(config); // now, so that no pull falls into the hook
    const reached = nri.hold(NriEvent.RUN_POD_SANDBOX);

    const running = runtime.runSandboxWith(config);
    running.catch(() => undefined); // awaited below
    const held = await reached();
    const podSandboxId = held.pod?.id ?? "";
    const [listed, status, created] = await Promise.all([
      rpc.listPodSandbox({ filter: { labelSelector: labels } }, PROMPTLY),
      answerOf(rpc.podSandboxStatus({ podSandboxId }, PROMPTLY)),
      answerOf(rpc.createContainer({ podSandboxId, config: container, sandboxConfig: config }, PROMPTLY)),
    ]);
    held.release();
    const sandbox = await running;

    const ready = listed.items.filter(({ state }) => state === PodSandboxState.SANDBOX_READY);
    expect(ready, "sandboxes listed as READY during the hook").to.be.empty;
    const seen = status instanceof RpcError ? status.codeName : PodSandboxState[status.status?.state ?? -1];
    expect(seen, "PodSandboxStatus during the hook").not.to.equal("SANDBOX_READY");
    expect(created instanceof RpcError ? "refused" : "OK", "CreateContainer during the hook").to.equal("refused");
    expect(await sandbox.status(), "PodSandboxStatus after the hook").to.have.fields({
      id: podSandboxId,
      state: PodSandboxState.SANDBOX_READY,
    });
    await sandbox.createContainer();
  },
);

behaviour(
  "NRI-005",
  {
    title: "An error of the RunPodSandbox hook fails the RPC and can be retried",
    level: "optional",
    rpcs: ["RunPodSandbox", "ListPodSandbox"],
    clause: "NRI RunPodSandbox: an error of a plugin refuses the pod; the runtime cleans up as for any failure",
    needs: ["nri"],
    locks: ["whole-node"],
    critest:
      "[k8s.io] NRI RunPodSandbox contract should fail RunPodSandbox and clean up when the NRI hook errors, then allow retry",
  },
  async ({ runtime, rpc, names, connectNri }) => {
    const nri = await connectNri();
    const labels = { round: names.next() };
    const config = await runtime.podConfig({ labels });

    const allow = nri.refuse(NriEvent.RUN_POD_SANDBOX, "refused by a plugin of the suite");
    await expectError(runtime.runSandboxWith(config), "any", "RunPodSandbox that a plugin refuses");
    const { items } = await rpc.listPodSandbox({ filter: { labelSelector: labels } });
    expect(items, "sandboxes listed afterwards").to.be.empty;

    allow();
    const sandbox = await runtime.runSandboxWith(config);
    expect(await sandbox.status(), "PodSandboxStatus of the same pod, run again").to.have.fields({
      state: PodSandboxState.SANDBOX_READY,
    });
  },
);

behaviour(
  "NRI-006",
  {
    title: "All containers are stopped before the StopPodSandbox hook runs",
    level: "optional",
    rpcs: ["StopPodSandbox", "ListContainers", "PodSandboxStatus"],
    clause: "NRI StopPodSandbox: the hook is the end of the pod's containers, and the pod can still be asked about",
    needs: ["nri"],
    locks: ["whole-node"],
    critest:
      "[k8s.io] NRI StopPodSandbox contract should stop all workload containers and keep sandbox accessible while StopPodSandbox hook is in progress",
  },
  async ({ runtime, rpc, connectNri }) => {
    const nri = await connectNri();
    const sandbox = await runtime.runSandbox();
    const running = await Promise.all([sandbox.startContainer(), sandbox.startContainer()]);
    const reached = nri.hold(NriEvent.STOP_POD_SANDBOX);

    const stopping = sandbox.stop();
    stopping.catch(() => undefined); // awaited below
    const held = await reached();
    const [{ containers }, { status }] = await Promise.all([
      rpc.listContainers({ filter: { podSandboxId: sandbox.id } }, PROMPTLY),
      rpc.podSandboxStatus({ podSandboxId: sandbox.id }, PROMPTLY),
    ]);
    held.release();
    await stopping;

    expect(
      containers.map(({ id }) => id),
      "containers listed during the hook",
    ).to.have.members(running.map(({ id }) => id));
    for (const { id, state } of containers) {
      expect(ContainerState[state], `state of ${id} during the hook`).to.equal("CONTAINER_EXITED");
    }
    expect(status, "PodSandboxStatus during the hook").to.have.fields({ id: sandbox.id });
    await sandbox.remove();
  },
);

behaviour(
  "NRI-007",
  {
    title: "Repeated stop gives one stop event and a stopped sandbox takes no container",
    level: "optional",
    rpcs: ["StopPodSandbox", "CreateContainer"],
    clause: "NRI StopPodSandbox: a plugin lets go of a pod once; StopPodSandbox: idempotent",
    needs: ["nri"],
    locks: ["whole-node"],
    critest: "[k8s.io] NRI StopPodSandbox contract should handle StopPodSandbox idempotently and never reuse sandbox",
  },
  async ({ runtime, note, connectNri }) => {
    const nri = await connectNri();
    const sandbox = await runtime.runSandbox();

    await sandbox.stop();
    await sandbox.stop();
    const late = await answerOf(sandbox.createContainer());
    if (!(late instanceof RpcError)) {
      note("CreateContainer in a stopped sandbox succeeded; only StartContainer was refused");
      await expectError(late.start(), "any", "StartContainer in a stopped sandbox");
    }

    const kinds = nri.kinds();
    expect(
      kinds.filter((kind) => kind === "STOP_POD_SANDBOX"),
      "stop events",
    ).to.have.length(1);
    expect(kinds, "events").not.to.include("POST_START_CONTAINER");
  },
);
