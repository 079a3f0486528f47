import {
  behaviour,
  expect,
  expectError,
  NamespaceMode,
  ownCgroupParent,
  until,
  type CriRpc,
  type PodSandbox,
  type PodSandboxStats,
} from "../../src/harness/index.js";
import { untilAgreeing } from "./agreement.js";
import { burn, clockDistanceMs, COLLECTED_MS, expectHeld, hold, MIB, statsOf, valueOf } from "./samples.js";
import { fetchFrom, serveMebibyte } from "./traffic.js";

/** PodSandboxStats of a sandbox. */
async function podStatsOf(rpc: CriRpc, sandbox: PodSandbox): Promise<PodSandboxStats | undefined> {
  return (await rpc.podSandboxStats({ podSandboxId: sandbox.id })).stats;
}

const HELD_MIB = 16;

const received = (stats: PodSandboxStats | undefined): number =>
  valueOf(stats?.linux?.network?.defaultInterface?.rxBytes) ?? 0;

behaviour(
  "STA-011",
  {
    title: "Pod statistics say whose they are and cover CPU, memory, network and processes",
    level: "recommended",
    rpcs: ["PodSandboxStats", "ListPodSandboxStats"],
    clause: "PodSandboxStats.attributes, linux: usage of the whole pod, and that of each running container",
    needs: ["pod-sandbox-stats"],
    tags: ["slow"],
  },
  async (context) => {
    const { runtime, rpc, names } = context;
    const labels = { ...names.labels, of: names.next() };
    const annotations = { "critique.dev/of": names.next() };
    // The kubelet gives every pod a cgroup of its own, and runtimes read the pod's usage there.
    const [sandbox, peer] = await Promise.all([
      runtime.runSandbox({ labels, annotations, linux: { cgroupParent: ownCgroupParent(context) } }),
      serveMebibyte(runtime),
    ]);
    const [container, holder] = await Promise.all([
      sandbox.startContainer({ command: burn(200) }),
      sandbox.startContainer({ command: hold(HELD_MIB) }),
    ]);
    await until(
      "PodSandboxStats to hold half of the CPU time and all of the memory that its containers use",
      async () => {
        const { cpu, memory } = (await podStatsOf(rpc, sandbox))?.linux ?? {};
        const isHeld = (valueOf(memory?.workingSetBytes) ?? 0) >= HELD_MIB * MIB;
        return isHeld && (valueOf(cpu?.usageCoreNanoSeconds) ?? 0) >= 100e6;
      },
      { timeoutMs: COLLECTED_MS },
    );

    const stats = await podStatsOf(rpc, sandbox);

    expect(stats?.attributes, "PodSandboxStats.attributes").to.have.fields({
      id: sandbox.id,
      metadata: {
        name: sandbox.config.metadata?.name,
        uid: sandbox.config.metadata?.uid,
        namespace: sandbox.config.metadata?.namespace,
      },
      labels,
      annotations,
    });
    const { cpu, memory, network, process, io, containers = [] } = stats?.linux ?? {};
    expect(clockDistanceMs(cpu?.timestamp ?? 0n), "ms between linux.cpu.timestamp and now").to.be.below(60_000);
    expect(clockDistanceMs(memory?.timestamp ?? 0n), "ms between linux.memory.timestamp and now").to.be.below(60_000);
    expectHeld(memory, "linux.memory", HELD_MIB);
    expect(clockDistanceMs(process?.timestamp ?? 0n), "ms between linux.process.timestamp and now").to.be.below(60_000);
    if (io) expect(clockDistanceMs(io.timestamp), "ms between linux.io.timestamp and now").to.be.below(60_000);
    expect(valueOf(process?.processCount), "linux.process.process_count").to.be.above(0);
    expect(
      containers.map(({ attributes }) => attributes?.id),
      "ids of linux.containers",
    ).to.have.members([container.id, holder.id]);
    // The parts are read one after the other while the pod goes on; a tenth of a second covers that.
    expect(valueOf(cpu?.usageCoreNanoSeconds), "linux.cpu.usage_core_nano_seconds of the pod").to.be.at.least(
      (valueOf(containers.find(({ attributes }) => attributes?.id === container.id)?.cpu?.usageCoreNanoSeconds) ?? 0) -
        100e6,
    );
    expect(network?.defaultInterface?.name, "linux.network.default_interface.name").to.not.be.oneOf([undefined, ""]);
    const { rxErrors, txErrors } = network?.defaultInterface ?? {};
    // Nothing goes wrong between two ends of one kernel.
    expect([valueOf(rxErrors) ?? 0, valueOf(txErrors) ?? 0], "rx_errors and tx_errors").to.deep.equal([0, 0]);
    const before = received(stats);
    await fetchFrom(peer, container);
    let now = before;
    await until(
      "linux.network.default_interface.rx_bytes to grow by the MiB that the pod received",
      async () => (now = received(await podStatsOf(rpc, sandbox))) - before >= MIB,
      { timeoutMs: COLLECTED_MS, seen: () => `${now - before} bytes more` },
    );
    const sent = (await podStatsOf(rpc, sandbox))?.linux?.network?.defaultInterface?.txBytes;
    // The request and the acknowledgements, by the time the answer was counted.
    expect(valueOf(sent) ?? 0, "linux.network.default_interface.tx_bytes").to.be.above(0);

    // Last, when the containers idle and figures stand still, and numbers are too large for a wrong unit to hide.
    await untilAgreeing(
      "ListPodSandboxStats",
      async () => (await rpc.listPodSandboxStats({ filter: { id: sandbox.id } })).stats[0],
      () => podStatsOf(rpc, sandbox),
    );
    await untilAgreeing(
      "PodSandboxStats.linux.containers",
      async () => {
        const parts = (await podStatsOf(rpc, sandbox))?.linux?.containers;
        return parts?.find(({ attributes }) => attributes?.id === holder.id);
      },
      () => statsOf(rpc, holder),
    );

    const idsOf = async (filter: { id?: string; labelSelector?: Record<string, string> }) =>
      (await rpc.listPodSandboxStats({ filter })).stats.map(({ attributes }) => attributes?.id);
    expect(await idsOf({ id: sandbox.id }), "ListPodSandboxStats with the pod's id").to.deep.equal([sandbox.id]);
    expect(await idsOf({ labelSelector: labels }), "ListPodSandboxStats with the pod's labels").to.deep.equal([
      sandbox.id,
    ]);
    expect(await idsOf({ id: names.next() }), "ListPodSandboxStats with an unknown id").to.deep.equal([]);
    await expectError(
      rpc.podSandboxStats({ podSandboxId: names.next() }),
      "NotFound",
      "PodSandboxStats of an unknown id",
    );

    const onNode = await runtime.runSandbox({
      linux: {
        cgroupParent: ownCgroupParent(context),
        securityContext: { namespaceOptions: { network: NamespaceMode.NODE } },
      },
    });
    expect(await podStatsOf(rpc, onNode), "PodSandboxStats of a pod on the node's network").to.have.fields({
      attributes: { id: onNode.id },
    });
  },
);
