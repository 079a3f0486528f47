import {
  answerOf,
  behaviour,
  ContainerState,
  expect,
  expectError,
  NriEvent,
  RpcError,
} from "../../src/harness/index.js";

/** A call about something whose hook is held must answer at once; one that waits for the hook would be a deadlock. */
const PROMPTLY = { timeoutMs: 10_000 };

behaviour(
  "NRI-008",
  {
    title: "A container is not visible while its CreateContainer hook blocks",
    level: "optional",
    rpcs: ["CreateContainer", "ListContainers", "ContainerStatus"],
    clause: "NRI CreateContainer: a container exists when every plugin has agreed",
    needs: ["nri"],
    locks: ["whole-node"],
    critest:
      "[k8s.io] NRI CreateContainer contract should not expose container while CreateContainer hook is in progress",
  },
  async ({ runtime, rpc, connectNri }) => {
    const nri = await connectNri();
    const sandbox = await runtime.runSandbox();
    await runtime.ensureImage("busybox"); // now, so that no pull falls into the hook
    const reached = nri.hold(NriEvent.CREATE_CONTAINER);

    const creating = sandbox.createContainer();
    creating.catch(() => undefined); // awaited below
    const held = await reached();
    const containerId = held.container?.id ?? "";
    const [{ containers }, status] = await Promise.all([
      rpc.listContainers({ filter: { podSandboxId: sandbox.id } }, PROMPTLY),
      answerOf(rpc.containerStatus({ containerId }, PROMPTLY)),
    ]);
    held.release();
    const container = await creating;

    // Reserved under UNKNOWN would do no harm: nobody takes that for a container that can be started.
    const listed = containers.filter(({ state }) => state !== ContainerState.CONTAINER_UNKNOWN);
    expect(listed, "containers listed during the hook").to.be.empty;
    const seen = status instanceof RpcError ? status.codeName : ContainerState[status.status?.state ?? -1];
    expect(seen, "ContainerStatus during the hook").not.to.equal("CONTAINER_CREATED");
    expect(container.id, "id that CreateContainer returned").to.equal(containerId);
    expect(await container.status(), "ContainerStatus after the hook").to.have.fields({
      state: ContainerState.CONTAINER_CREATED,
    });
  },
);

behaviour(
  "NRI-009",
  {
    title: "An error of the CreateContainer hook fails the RPC, leaks nothing and can be retried",
    level: "optional",
    rpcs: ["CreateContainer", "ListContainers", "StartContainer"],
    clause: "NRI CreateContainer: an error of a plugin refuses the container; the runtime cleans up as for any failure",
    needs: ["nri"],
    locks: ["whole-node"],
    critest:
      "[k8s.io] NRI CreateContainer contract should fail CreateContainer when the NRI hook errors, leak nothing, and allow retry",
  },
  async ({ runtime, rpc, connectNri }) => {
    const nri = await connectNri();
    const sandbox = await runtime.runSandbox();
    const config = await runtime.containerConfig(sandbox.config);
    const create = () => rpc.createContainer({ podSandboxId: sandbox.id, config, sandboxConfig: sandbox.config });

    const allow = nri.refuse(NriEvent.CREATE_CONTAINER, "refused by a plugin of the suite");
    await expectError(create(), "any", "CreateContainer that a plugin refuses");
    const { containers } = await rpc.listContainers({ filter: { podSandboxId: sandbox.id } });
    expect(containers, "containers listed afterwards").to.be.empty;

    allow();
    const { containerId } = await create();
    await rpc.startContainer({ containerId });
    const { status } = await rpc.containerStatus({ containerId });
    expect(status, "ContainerStatus of the same container, created again").to.have.fields({
      state: ContainerState.CONTAINER_RUNNING,
    });
    const started = nri.events.filter(({ event }) => event === NriEvent.START_CONTAINER);
    expect(
      started.map(({ container }) => container?.id),
      "ids of the START_CONTAINER events",
    ).to.deep.equal([containerId]);
  },
);
