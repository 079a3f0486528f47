import {
  behaviour,
  expect,
  MetricType,
  NamespaceMode,
  sh,
  until,
  type CriRpc,
  type Metric,
  type MetricDescriptor,
  type PodSandboxMetrics,
} from "../../src/harness/index.js";
import { clockDistanceMs, COLLECTED_MS, MIB, valueOf } from "./samples.js";
import { fetchFrom, serveMebibyte } from "./traffic.js";
import { expectedMetrics } from "./metric-names.js";

/** The metric descriptors, by name. */
async function descriptorsOf(rpc: CriRpc): Promise<Map<string, MetricDescriptor>> {
  const { descriptors } = await rpc.listMetricDescriptors({});
  return new Map(descriptors.map((descriptor) => [descriptor.name, descriptor]));
}

/** The metrics of a pod; undefined while there are none. */
async function metricsOf(rpc: CriRpc, sandbox: { id: string }): Promise<PodSandboxMetrics | undefined> {
  const { podMetrics } = await rpc.listPodSandboxMetrics({});
  return podMetrics.find(({ podSandboxId }) => podSandboxId === sandbox.id);
}

/** All metrics of a pod, its own and those of its containers. */
const allOf = (pod: PodSandboxMetrics | undefined): Metric[] => [
  ...(pod?.metrics ?? []),
  ...(pod?.containerMetrics ?? []).flatMap(({ metrics }) => metrics),
];

behaviour(
  "STA-012",
  {
    title: "Metric descriptors are complete, unique and always the same",
    level: "optional",
    rpcs: ["ListMetricDescriptors"],
    clause: "ListMetricDescriptors: what ListPodSandboxMetrics is going to return",
    needs: ["pod-sandbox-metrics"],
    critest:
      "[k8s.io] PodSandbox runtime should support metrics operations runtime should support returning metrics descriptors [Conformance]",
  },
  async ({ rpc }) => {
    const { descriptors } = await rpc.listMetricDescriptors({});
    const names = descriptors.map(({ name }) => name);

    const incomplete = descriptors.filter(({ name, help, labelKeys }) => !name || !help || labelKeys.length === 0);
    expect(
      incomplete.map(({ name }) => name),
      "descriptors without a name, a help text or label keys",
    ).to.deep.equal([]);
    expect(
      names.filter((name, index) => names.indexOf(name) !== index),
      "names that are there twice",
    ).to.deep.equal([]);
    expect(
      expectedMetrics.filter((name) => !names.includes(name)),
      "metrics of cAdvisor that are missing",
    ).to.deep.equal([]);
    const again = (await rpc.listMetricDescriptors({})).descriptors.map(({ name }) => name);
    expect(again.sort(), "names of a second reply").to.deep.equal([...names].sort());
  },
);

behaviour(
  "STA-013",
  {
    title: "Metrics fit their descriptors, and their values fit the pod",
    level: "optional",
    rpcs: ["ListPodSandboxMetrics", "ListMetricDescriptors"],
    clause: "Metric.name, label_values, metric_type, value, timestamp: as the descriptor of that name announced",
    needs: ["pod-sandbox-metrics"],
    tags: ["slow"],
    critest:
      "[k8s.io] PodSandbox runtime should support metrics operations runtime should support listing pod sandbox metrics [Conformance]",
  },
  async ({ runtime, rpc }) => {
    const memoryBytes = 64 * MIB;
    const container = await runtime.startContainer({
      pod: {},
      command: sh("for i in $(seq 10); do echo $i > /file$i; done; sleep 2147483"),
      linux: {
        resources: {
          cpuPeriod: 100_000n,
          cpuQuota: 20_000n,
          cpuShares: 1024n,
          memoryLimitInBytes: BigInt(memoryBytes),
        },
      },
    });
    const descriptors = await descriptorsOf(rpc);
    let pod: PodSandboxMetrics | undefined;
    const ofContainer = await until(
      "ListPodSandboxMetrics to hold metrics of the container",
      async () => {
        pod = await metricsOf(rpc, container.sandbox);
        const found = pod?.containerMetrics.find(({ containerId }) => containerId === container.id);
        return found?.metrics.length && found.metrics;
      },
      { timeoutMs: COLLECTED_MS },
    );

    const metrics = allOf(pod);
    const namesOf = (wrong: (metric: Metric) => boolean): string[] => [
      ...new Set(metrics.filter(wrong).map(({ name }) => name)),
    ];
    expect(
      namesOf(({ name }) => !descriptors.has(name)),
      "metrics without a descriptor",
    ).to.deep.equal([]);
    expect(
      namesOf(({ name, labelValues }) => labelValues.length !== descriptors.get(name)?.labelKeys.length),
      "metrics whose label_values are not as many as the label_keys",
    ).to.deep.equal([]);
    // OpenMetrics: the names of counters, and only theirs, end in _total. cAdvisor's failcnt is older than that.
    expect(
      namesOf(({ name, metricType }) => name.endsWith("_total") && metricType !== MetricType.COUNTER),
      "metrics called a total that are no counter",
    ).to.deep.equal([]);
    expect(
      namesOf(({ value }) => value === undefined),
      "metrics without a value",
    ).to.deep.equal([]);
    expect(
      namesOf(({ timestamp }) => timestamp !== 0n && clockDistanceMs(timestamp) > 60_000),
      "metrics whose timestamp is not of the last minute",
    ).to.deep.equal([]);

    const settings = {
      container_spec_memory_limit_bytes: memoryBytes,
      container_spec_cpu_period: 100_000,
      container_spec_cpu_shares: 1024,
    };
    for (const [name, value] of Object.entries(settings)) {
      const seen = ofContainer.find((metric) => metric.name === name);
      expect(valueOf(seen?.value), `${name} of the container`).to.equal(value);
    }
  },
);

behaviour(
  "STA-014",
  {
    title: "Network metrics are those of the pod's own interfaces",
    level: "optional",
    rpcs: ["ListPodSandboxMetrics"],
    clause: "PodSandboxMetrics.metrics: container_network_* of the interfaces in the pod's network namespace",
    needs: ["pod-sandbox-metrics"],
    tags: ["slow"],
  },
  async ({ runtime, rpc }) => {
    const [sandbox, onNode, peer] = await Promise.all([
      runtime.runSandbox(),
      runtime.runSandbox({ linux: { securityContext: { namespaceOptions: { network: NamespaceMode.NODE } } } }),
      serveMebibyte(runtime),
    ]);
    const [container] = await Promise.all([sandbox.startContainer(), onNode.startContainer()]);
    await fetchFrom(peer, container);
    const interfaces = (await container.output(["ls", "/sys/class/net"]))
      .split(/\s+/)
      .filter((name) => name && name !== "lo");

    const { labelKeys = [] } = (await descriptorsOf(rpc)).get("container_network_receive_bytes_total") ?? {};
    const network = (pod: PodSandboxMetrics | undefined, name = ""): Metric[] =>
      allOf(pod).filter((metric) => metric.name.startsWith(`container_network_${name}`));
    let seen = "";
    const pod = await until(
      "container_network_receive_bytes_total to count the MiB that the pod received",
      async () => {
        const found = await metricsOf(rpc, sandbox);
        const bytes = network(found, "receive_bytes_total").map(({ value }) => valueOf(value) ?? 0);
        seen = bytes.length > 0 ? `${Math.max(...bytes)} bytes` : "no such metric";
        return bytes.some((count) => count >= MIB) && found;
      },
      { timeoutMs: COLLECTED_MS, seen: () => seen },
    );

    const labels = network(pod, "receive_bytes_total").map(
      ({ labelValues }) => labelValues[labelKeys.indexOf("interface")],
    );
    expect(labels.sort(), "interfaces of container_network_receive_bytes_total").to.deep.equal(interfaces.sort());
    expect(
      network(await metricsOf(rpc, onNode)).map(({ name }) => name),
      "network metrics of a pod on the node's network",
    ).to.deep.equal([]);
  },
);
