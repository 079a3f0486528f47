import { behaviour, expect, sh, until } from "../../src/harness/index.js";
import { limited } from "./limited.js";

behaviour(
  "RES-005",
  {
    title: "A CPU quota throttles",
    level: "recommended",
    rpcs: ["CreateContainer", "StartContainer", "ContainerStats"],
    clause: "LinuxContainerResources.cpu_quota: CPU time per cpu_period, whatever there is to do",
    tags: ["slow"],
    locks: ["cpu"],
  },
  async ({ runtime, rpc, note }) => {
    // So small that even a busy node would give a loop without a quota more.
    const quota = 0.1;
    const container = await runtime.startContainer({
      command: sh("while :; do :; done"),
      ...limited({ cpuPeriod: 100_000n, cpuQuota: 10_000n }),
    });
    const sample = async () => {
      const { stats } = await rpc.containerStats({ containerId: container.id });
      return {
        usageNs: Number(stats?.cpu?.usageCoreNanoSeconds?.value ?? 0n),
        atNs: Number(stats?.cpu?.timestamp ?? 0n),
      };
    };
    const first = await until("ContainerStats to report CPU usage", async () => {
      const seen = await sample();
      return seen.usageNs > 0 && seen;
    });

    // Two seconds are twenty periods; the usage shows that the loop ran at all.
    const wantedNs = 0.1e9;
    let last = first;
    await until(
      "the busy loop to use CPU time for two seconds",
      async () => {
        last = await sample();
        return last.atNs - first.atNs >= 2e9 && last.usageNs - first.usageNs >= wantedNs;
      },
      { timeoutMs: 30_000, seen: () => `${(last.usageNs - first.usageNs) / 1e9} s` },
    );

    const cores = (last.usageNs - first.usageNs) / (last.atNs - first.atNs);
    note(`with a quota of ${quota} processors a busy loop used ${cores.toFixed(2)}`);
    // The kernel hands out time in slices of 5 ms, and a window may begin with a full period: half as much again.
    expect(cores, "processors that a busy loop used").to.be.at.most(quota * 1.5);
  },
);
