import {
  answerOf,
  behaviour,
  ContainerState,
  expect,
  expectError,
  PodSandboxState,
  remains,
  RpcError,
} from "../../src/harness/index.js";

behaviour(
  "SBX-022",
  {
    title: "A stopped sandbox runs no new containers and never becomes READY again",
    level: "required",
    rpcs: ["StopPodSandbox", "CreateContainer", "StartContainer", "PodSandboxStatus"],
    clause: "StopPodSandbox: final; the kubelet makes a new sandbox where it needs one",
  },
  async ({ runtime, rpc }) => {
    const sandbox = await runtime.runSandbox();
    const before = await sandbox.createContainer();
    await sandbox.stop();

    await expectError(before.start(), "any", "StartContainer of a container created before StopPodSandbox");
    const late = await answerOf(sandbox.createContainer());
    if (!(late instanceof RpcError)) {
      // Only that nothing runs matters to the kubelet; CreateContainer alone may succeed.
      await expectError(late.start(), "any", "StartContainer of a container created after StopPodSandbox");
    }

    const { containers } = await rpc.listContainers({ filter: { podSandboxId: sandbox.id } });
    const states = containers.map(({ state }) => ContainerState[state]);
    expect(states, "states of the sandbox's containers").to.not.include("CONTAINER_RUNNING");
    await sandbox.stop();
    // Nothing is known to revive a sandbox; a second is long beside the milliseconds in which a runtime reacts to events.
    await remains(
      "PodSandboxStatus.state to stay SANDBOX_NOTREADY",
      async () => (await sandbox.status()).state === PodSandboxState.SANDBOX_NOTREADY,
      { forMs: 1_000, seen: () => "SANDBOX_READY" },
    );
  },
);

behaviour(
  "SBX-025",
  {
    title: "RemovePodSandbox completes within a client deadline for a container that ignores SIGTERM",
    level: "recommended",
    rpcs: ["StopPodSandbox", "RemovePodSandbox"],
    clause: "StopPodSandbox: running containers are terminated by force, without a grace period",
  },
  async ({ runtime, rpc }) => {
    const sandbox = await runtime.runSandbox();
    // The kernel drops signals that the first process of a PID namespace has no handler for.
    await sandbox.startContainer({ command: ["/bin/sleep", "3600"] });

    // Ten seconds is the default grace period of several tools; whoever waits for it misses the deadline.
    await rpc.stopPodSandbox({ podSandboxId: sandbox.id }, { timeoutMs: 10_000 });
    await rpc.removePodSandbox({ podSandboxId: sandbox.id }, { timeoutMs: 10_000 });

    await expectError(sandbox.status(), "NotFound", "PodSandboxStatus of the removed sandbox");
  },
);
