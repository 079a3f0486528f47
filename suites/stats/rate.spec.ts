import { behaviour, expect, ownCgroupParent, sh, until, type ContainerStats } from "../../src/harness/index.js";
import { COLLECTED_MS, statsOf, usageOf, valueOf } from "./samples.js";

/** How far a rate over one span may be from that over another while the work goes on evenly. */
const FACTOR = 3;

/** Five periods of the quota: a rate over fewer depends on where it begins. */
const MEASURED_NS = 0.5e9;

behaviour(
  "STA-016",
  {
    title: "The rate of CPU usage is that of the work under way, wherever it is reported",
    level: "recommended",
    rpcs: ["ContainerStats", "ListContainerStats"],
    clause: "CpuUsage.usage_nano_cores: usage of all processors, averaged over a span of time",
    locks: ["cpu"],
  },
  async (context) => {
    const { runtime, rpc, probe, note } = context;
    // Runtimes read the pod's usage in its own cgroup.
    const sandbox = await runtime.runSandbox({ linux: { cgroupParent: ownCgroupParent(context) } });
    // A tenth of a processor is what even a busy node has to give, so that the work goes on evenly.
    const container = await sandbox.startContainer({
      command: sh("while :; do :; done"),
      linux: { resources: { cpuPeriod: 100_000n, cpuQuota: 10_000n } },
    });
    const ofContainer = (stats: readonly ContainerStats[] = []) =>
      stats.find(({ attributes }) => attributes?.id === container.id);
    const places: [place: string, ask: () => Promise<ContainerStats | undefined>][] = [
      ["ContainerStats", () => statsOf(rpc, container)],
      [
        "ListContainerStats",
        // Without a filter, a container that goes meanwhile fails the call on some runtimes.
        async () => ofContainer((await rpc.listContainerStats({ filter: { podSandboxId: sandbox.id } })).stats),
      ],
    ];
    if (!probe.unimplemented.has("PodSandboxStats")) {
      places.push([
        "PodSandboxStats",
        async () => ofContainer((await rpc.podSandboxStats({ podSandboxId: sandbox.id })).stats?.linux?.containers),
      ]);
    }
    if (!probe.unimplemented.has("ListPodSandboxStats")) {
      places.push([
        "ListPodSandboxStats",
        async () => {
          const { stats } = await rpc.listPodSandboxStats({ filter: { id: sandbox.id } });
          return ofContainer(stats[0]?.linux?.containers);
        },
      ]);
    }

    const first = (await usageOf(rpc, container)).cpu;
    const seen = new Map<string, number>();
    const fitting = new Set<string>();
    let rounds = 0;
    let measured = 0;
    await until(
      "cpu.usage_nano_cores, where it is reported, to be near the rate at which cpu.usage_core_nano_seconds grows",
      async () => {
        // One place at a time, as a runtime may count from when it was last asked, and a moment is no span.
        const [place, ask] = places[rounds++ % places.length] ?? [];
        const rate = valueOf((await ask?.())?.cpu?.usageNanoCores);
        const { cpu } = (await statsOf(rpc, container)) ?? {};
        const spanNs = Number((cpu?.timestamp ?? 0n) - (first?.timestamp ?? 0n));
        if (place === undefined || spanNs < MEASURED_NS) return false;
        const usedNs = (valueOf(cpu?.usageCoreNanoSeconds) ?? 0) - (valueOf(first?.usageCoreNanoSeconds) ?? 0);
        const expected = (usedNs / spanNs) * 1e9;
        if (rate !== undefined) {
          seen.set(place, rate);
          if (rate >= expected / FACTOR && rate <= expected * FACTOR) fitting.add(place);
        }
        measured++;
        // The first answer of a place may have no earlier sample to go by.
        return measured >= 2 * places.length && [...seen.keys()].every((name) => fitting.has(name));
      },
      {
        timeoutMs: COLLECTED_MS,
        seen: () =>
          [...seen]
            .filter(([place]) => !fitting.has(place))
            .map(([place, rate]) => `${place} ${rate}`)
            .join(", "),
      },
    );

    const silent = places.map(([place]) => place).filter((place) => !seen.has(place));
    if (silent.length > 0) note(`no cpu.usage_nano_cores in ${silent.join(", ")}`);
    expect([...fitting].sort(), "places with a cpu.usage_nano_cores that fits").to.deep.equal([...seen.keys()].sort());
  },
);
