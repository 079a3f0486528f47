import {
  behaviour,
  ContainerState,
  expect,
  NamespaceMode,
  sh,
  type ContainerStatus,
  type PodSandbox,
  type RuntimeClient,
} from "../../src/harness/index.js";
import { listedSandboxes } from "./listed.js";

behaviour(
  "SBX-002",
  {
    title: "PodSandboxStatus carries the fields the kubelet client verifies",
    level: "required",
    rpcs: ["PodSandboxStatus"],
    clause: "PodSandboxStatus.id, metadata, created_at, linux.namespaces.options: always set",
  },
  async ({ runtime }) => {
    const sandbox = await runtime.runSandbox();
    const { metadata } = sandbox.config;

    const { status, containersStatuses, timestamp } = await sandbox.statusResponse();

    expect(status, "PodSandboxStatus").to.have.fields({
      id: sandbox.id,
      metadata: { name: metadata?.name, uid: metadata?.uid, namespace: metadata?.namespace },
    });
    const createdAt = status?.createdAt ?? 0n;
    expect(createdAt, "PodSandboxStatus.created_at").to.not.equal(0n);
    expect(status?.linux?.namespaces?.options, "PodSandboxStatus.linux.namespaces.options").to.not.equal(undefined);
    // A runtime that does not serve statuses of containers along with the pod's gives no time for them either.
    expect(containersStatuses, "containers_statuses of a sandbox without containers").to.deep.equal([]);
    expect(timestamp === 0n || timestamp >= createdAt, `timestamp ${timestamp}: 0, or after created_at`).to.equal(true);
  },
);

behaviour(
  "SBX-003",
  {
    title: "Labels, annotations, metadata and attempt round trip unchanged through status and list",
    level: "required",
    rpcs: ["RunPodSandbox", "PodSandboxStatus", "ListPodSandbox"],
    clause: "PodSandboxConfig.annotations: returned exactly as given, like labels and metadata",
    critest:
      "[k8s.io] PodSandbox runtime should support basic operations on PodSandbox runtime should support preserving PodSandbox attributes [Conformance]",
  },
  async ({ runtime, rpc, names }) => {
    const sandbox = await runtime.runSandbox({
      metadata: { name: names.next(), uid: names.uid(), namespace: "critique", attempt: 2 },
      labels: { a: "1", "io.kubernetes.pod.uid": names.uid() },
      annotations: {
        "critique.dev/empty": "",
        "critique.dev/long": "x".repeat(8 * 1024),
        "critique.dev/unicode": "žluťoučký kůň 🐎",
        "critique.dev/lines": "first\nsecond",
        "critique.dev/equation": "a=b=c",
      },
    });
    const { metadata, labels, annotations } = sandbox.config;

    const status = await sandbox.status();
    const listed = (await listedSandboxes(rpc, {})).filter(({ id }) => id === sandbox.id);

    expect(status, "PodSandboxStatus").to.have.fields({ metadata, labels, annotations });
    expect(listed, "items of ListPodSandbox with the sandbox's id").to.have.lengthOf(1);
    const { createdAt, state, runtimeHandler } = status;
    expect(listed[0], "ListPodSandbox item").to.have.fields({
      metadata,
      labels,
      annotations,
      createdAt,
      state,
      runtimeHandler,
    });
  },
);

behaviour(
  "SBX-010",
  {
    title: "Status reports the namespace modes that were requested",
    level: "required",
    rpcs: ["RunPodSandbox", "PodSandboxStatus"],
    clause:
      "PodSandboxStatus.linux.namespaces.options: the kubelet recreates a pod whose network mode is not the one it wants",
  },
  async ({ runtime }) => {
    const { POD, CONTAINER, NODE } = NamespaceMode;
    await Promise.all(
      [
        { network: POD, pid: POD, ipc: POD },
        { network: POD, pid: CONTAINER, ipc: POD },
        { network: NODE, pid: NODE, ipc: NODE },
      ].map(async (namespaceOptions) => {
        const { network, pid, ipc } = namespaceOptions;
        const sandbox = await runtime.runSandbox({
          // The kubelet gives a pod on the node's network no hostname of its own.
          ...(network === NODE && { hostname: "" }),
          linux: { securityContext: { namespaceOptions } },
        });

        const { linux } = await sandbox.status();

        const asked = `network ${NamespaceMode[network]}, pid ${NamespaceMode[pid]}, ipc ${NamespaceMode[ipc]}`;
        expect(linux?.namespaces?.options, `namespace options of a sandbox with ${asked}`).to.have.fields({
          network,
          pid,
          ipc,
          targetId: "", // it goes with the mode TARGET, which a sandbox cannot have
        });
      }),
    );
  },
);

behaviour(
  "SBX-011",
  {
    title: "created_at is in nanoseconds, close to wall clock, stable and ordered",
    level: "required",
    rpcs: ["RunPodSandbox", "PodSandboxStatus", "ListPodSandbox"],
    clause: "PodSandboxStatus.created_at: nanoseconds since the epoch; the kubelet sorts sandboxes by it",
    needs: ["node-files"], // the clock is the suite's own
  },
  async ({ runtime, rpc }) => {
    const { sandbox, createdAtMs, beforeMs, afterMs } = await runTimed(runtime);
    const { createdAt } = await sandbox.status();
    const [listed] = await listedSandboxes(rpc, { id: sandbox.id });
    await sandbox.stop();
    const stopped = await sandbox.status();
    const later = await runTimed(runtime);

    // A second allows for a clock that is being adjusted.
    expect(createdAtMs, "PodSandboxStatus.created_at in ms").to.be.within(beforeMs - 1_000, afterMs + 1_000);
    expect(listed, "ListPodSandbox item").to.have.fields({ createdAt });
    expect(stopped, "PodSandboxStatus after StopPodSandbox").to.have.fields({ createdAt });
    expect(later.createdAtMs, "created_at in ms of a sandbox created later").to.be.greaterThan(createdAtMs);
  },
);

/** Runs a sandbox and tells the time before and after, in milliseconds since the epoch. */
async function runTimed(
  runtime: RuntimeClient,
): Promise<{ sandbox: PodSandbox; createdAtMs: number; beforeMs: number; afterMs: number }> {
  const beforeMs = Date.now();
  const sandbox = await runtime.runSandbox();
  const afterMs = Date.now();
  return { sandbox, createdAtMs: Number((await sandbox.status()).createdAt) / 1e6, beforeMs, afterMs };
}

behaviour(
  "SBX-023",
  {
    title: "PodSandboxStatusResponse carries container statuses and a timestamp",
    level: "optional",
    rpcs: ["PodSandboxStatus"],
    clause: "PodSandboxStatusResponse.timestamp: with it comes the status of every container of the pod",
    needs: ["node-files"], // the clock is the suite's own
  },
  async ({ runtime, notApplicable }) => {
    const sandbox = await runtime.runSandbox();
    const running = await sandbox.startContainer();
    const exited = await sandbox.startContainer({ command: sh("exit 3") });
    await exited.exited();

    const { timestamp, containersStatuses } = await sandbox.statusResponse();
    if (timestamp === 0n) return notApplicable("PodSandboxStatusResponse.timestamp is not filled");
    const later = await sandbox.statusResponse();

    // Generous: a loaded machine takes its time between the reply and our look at the clock.
    expect(Number(timestamp) / 1e6, "timestamp in ms").to.be.closeTo(Date.now(), 5_000);
    expect(later.timestamp >= timestamp, `timestamp of a later reply is not before ${timestamp}`).to.equal(true);
    expect(summaries(containersStatuses), "containers_statuses").to.have.deep.members(
      summaries([await running.status(), await exited.status()]),
    );
    expect(summaries(containersStatuses), "containers_statuses").to.deep.include({
      id: exited.id,
      state: ContainerState[ContainerState.CONTAINER_EXITED],
      exitCode: 3,
    });
  },
);

const summaries = (statuses: readonly ContainerStatus[]) =>
  statuses.map(({ id, state, exitCode }) => ({ id, state: ContainerState[state], exitCode }));
