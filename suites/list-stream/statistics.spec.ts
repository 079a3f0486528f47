import { behaviour, expect, until } from "../../src/harness/index.js";
import { collected, ENDS_WITHIN_MS } from "./collected.js";

/** Collectors of statistics run every 10 s or so. */
const COLLECTED_MS = 30_000;

behaviour(
  "LST-003",
  {
    title: "Stats and metrics streams return the same objects as their unary calls",
    level: "optional",
    rpcs: [
      "StreamContainerStats",
      "StreamPodSandboxStats",
      "StreamPodSandboxMetrics",
      "ListContainerStats",
      "ListPodSandboxStats",
      "ListPodSandboxMetrics",
    ],
    clause: "StreamContainerStats, StreamPodSandboxStats, StreamPodSandboxMetrics: the unary list in pieces (KEP-5825)",
    needs: ["list-streams"],
    timeoutMs: 120_000,
  },
  async ({ runtime, rpc, probe, names }) => {
    const labels = { round: names.next() };
    const sandbox = await runtime.runSandbox({ labels });
    const containers = await Promise.all([sandbox.startContainer({ labels }), sandbox.startContainer({ labels })]);
    const filter = { labelSelector: labels };
    const options = { timeoutMs: ENDS_WITHIN_MS };

    const containerStats = async () => (await rpc.listContainerStats({ filter })).stats;
    const before = await until(
      "ListContainerStats to have the CPU usage of both containers",
      async () => {
        const stats = await containerStats();
        return stats.length === containers.length && stats.every(({ cpu }) => cpu?.usageCoreNanoSeconds) && stats;
      },
      { timeoutMs: COLLECTED_MS },
    );
    const streamed = await collected(
      "StreamContainerStats",
      rpc.streamContainerStats({ filter }, options),
      (message) => [...message.containerStats],
    );
    const after = await containerStats();
    const usage = (stats: typeof after, id: string | undefined): number =>
      Number(stats.find(({ attributes }) => attributes?.id === id)?.cpu?.usageCoreNanoSeconds?.value ?? -1n);
    expect(
      streamed.map(({ attributes }) => attributes?.id),
      "ids of StreamContainerStats",
    ).to.have.members(containers.map(({ id }) => id));
    for (const { attributes } of streamed) {
      const id = attributes?.id;
      expect(usage(streamed, id), `CPU usage streamed of ${id}, between those listed before and after`).to.be.within(
        usage(before, id),
        usage(after, id),
      );
    }

    if (!probe.unimplemented.has("ListPodSandboxStats")) {
      const { stats } = await rpc.listPodSandboxStats({ filter });
      const pods = await collected(
        "StreamPodSandboxStats",
        rpc.streamPodSandboxStats({ filter }, options),
        ({ podSandboxStats }) => podSandboxStats,
      );
      expect(
        pods.map(({ attributes }) => attributes?.id),
        "ids of StreamPodSandboxStats",
      ).to.have.members(stats.map(({ attributes }) => attributes?.id));
    }

    if (!probe.unimplemented.has("ListPodSandboxMetrics")) {
      // No filter exists for metrics; pods of others come and go.
      const own = (metrics: readonly { podSandboxId: string }[]) =>
        metrics.map(({ podSandboxId }) => podSandboxId).filter((id) => id === sandbox.id);
      const { podMetrics } = await rpc.listPodSandboxMetrics({});
      const metrics = await collected(
        "StreamPodSandboxMetrics",
        rpc.streamPodSandboxMetrics({}, options),
        ({ podSandboxMetrics }) => podSandboxMetrics,
      );
      expect(own(metrics), "the pod's id in StreamPodSandboxMetrics").to.deep.equal(own(podMetrics));
    }
  },
);
