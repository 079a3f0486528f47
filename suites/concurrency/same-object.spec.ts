import {
  answerOf,
  behaviour,
  ContainerState,
  expect,
  expectError,
  expectOk,
  RpcError,
} from "../../src/harness/index.js";

const CONTAINERS = 8;

behaviour(
  "CON-002",
  {
    title: "Parallel creation in one pod keeps containers apart",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer", "ListContainers", "ContainerStatus"],
    clause: "CreateContainer: containers of one pod are told apart by their metadata, whoever comes first",
  },
  async ({ runtime, rpc }) => {
    const sandbox = await runtime.runSandbox();

    const containers = await Promise.all(Array.from({ length: CONTAINERS }, () => sandbox.startContainer()));

    const ids = containers.map(({ id }) => id);
    expect(new Set(ids).size, "distinct container ids").to.equal(CONTAINERS);
    const { containers: listed } = await rpc.listContainers({ filter: { podSandboxId: sandbox.id } });
    expect(
      listed.map(({ id }) => id),
      "containers listed of the pod",
    ).to.have.members(ids);
    for (const { id, config } of containers) {
      const own = listed.find((item) => item.id === id);
      expect(own, `the list's entry of ${config.metadata?.name}`).to.have.fields({
        state: ContainerState.CONTAINER_RUNNING,
        metadata: { name: config.metadata?.name },
      });
    }
  },
);

/** Calls at once; the kubelet never makes two, but one it gave up and its successor meet like this. */
const CALLS = 8;

/** No call of those that meet may hang: it would hold up the pod's worker until its deadline of two minutes. */
const TIMEOUT_MS = 30_000;

behaviour(
  "CON-003",
  {
    title: "Parallel identical requests are safe",
    level: "required",
    rpcs: [
      "RunPodSandbox",
      "CreateContainer",
      "StartContainer",
      "StopContainer",
      "RemoveContainer",
      "StopPodSandbox",
      "RemovePodSandbox",
      "ListPodSandbox",
      "ListContainers",
    ],
    clause: "RunPodSandbox, CreateContainer: metadata names one object; StopContainer, Remove*: idempotent",
  },
  async ({ runtime, rpc, names }) => {
    const options = { timeoutMs: TIMEOUT_MS };
    const labels = { round: names.next() };
    const config = await runtime.podConfig({ labels });

    const ran = await atOnce(() => rpc.runPodSandbox({ config, runtimeHandler: runtime.handler }, options));
    const podSandboxId = theOne(
      "RunPodSandbox",
      ran.map((reply) => (reply instanceof RpcError ? reply : reply.podSandboxId)),
    );
    const { items } = await rpc.listPodSandbox({ filter: { labelSelector: labels } });
    expect(
      items.map(({ id }) => id),
      "sandboxes listed",
    ).to.have.members([podSandboxId]);

    const container = await runtime.containerConfig(config, { labels });
    const created = await atOnce(() =>
      rpc.createContainer({ podSandboxId, config: container, sandboxConfig: config }, options),
    );
    const containerId = theOne(
      "CreateContainer",
      created.map((reply) => (reply instanceof RpcError ? reply : reply.containerId)),
    );
    const { containers } = await rpc.listContainers({ filter: { labelSelector: labels } });
    expect(
      containers.map(({ id }) => id),
      "containers listed",
    ).to.have.members([containerId]);

    await rpc.startContainer({ containerId });
    const all = (what: string, call: () => Promise<unknown>) =>
      Promise.all(
        Array.from({ length: CALLS }, (_, index) => expectOk(call(), `${what}, call ${index + 1} of ${CALLS}`)),
      );
    await all("StopContainer", () => rpc.stopContainer({ containerId, timeout: 10n }, options));
    const removed = await atOnce(() => rpc.removeContainer({ containerId }, options));
    // Refused while another call is removing it is fair: only one that is gone must not be an error.
    expect(removed.filter((reply) => !(reply instanceof RpcError)).length, "successful RemoveContainer").to.be.above(0);
    await expectOk(rpc.removeContainer({ containerId }, options), "RemoveContainer after all of them");
    await expectError(rpc.containerStatus({ containerId }), "NotFound", "ContainerStatus after RemoveContainer");
    // Once: taking down a network twice at once is for the CNI plugins to stand, not for the runtime.
    await rpc.stopPodSandbox({ podSandboxId });
    await all("RemovePodSandbox", () => rpc.removePodSandbox({ podSandboxId }, options));
  },
);

const atOnce = <T>(call: () => Promise<T>): Promise<(T | RpcError)[]> =>
  Promise.all(Array.from({ length: CALLS }, () => answerOf(call())));

/** The object that calls made together: one of them, and the others may be refused or get the same. */
function theOne(rpcName: string, answers: readonly (string | RpcError)[]): string {
  const ids = [...new Set(answers.filter((answer) => typeof answer === "string"))];
  expect(ids, `distinct ids from ${CALLS} calls of ${rpcName}`).to.have.length(1);
  return ids[0] ?? "";
}
