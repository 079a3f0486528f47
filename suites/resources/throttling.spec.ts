import { behaviour, expect, sh, until, type Container, type CriRpc } from "../../src/harness/index.js";
import { limited } from "./limited.js";

const BUSY_LOOP = sh("while :; do :; done");

/** What a container has used of the CPU, and when. */
interface Sample {
  usageNs: number;
  atNs: number;
}

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
    const quota = 0.1;
    // The kernel hands out time in slices of 5 ms, and a window may begin with a full period: half as much again.
    const most = quota * 1.5;
    const sandbox = await runtime.borrowSandbox();
    const container = await sandbox.startContainer({
      command: BUSY_LOOP,
      ...limited({ cpuPeriod: 100_000n, cpuQuota: 10_000n }),
    });
    const first = await firstSample(rpc, container);

    // Two seconds are twenty periods; the usage shows that the loop ran at all.
    const wantedNs = 0.1e9;
    let last = first;
    await until(
      "the busy loop to use CPU time for two seconds",
      async () => {
        last = await sample(rpc, container);
        return last.atNs - first.atNs >= 2e9 && last.usageNs - first.usageNs >= wantedNs;
      },
      { timeoutMs: 30_000, seen: () => `${(last.usageNs - first.usageNs) / 1e9} s` },
    );

    const cores = coresUsed(first, last);
    note(`with a quota of ${quota} processors a busy loop used ${cores.toFixed(2)}`);
    expect(cores, "processors that a busy loop used").to.be.at.most(most);
    if ((await throttledPeriods(container)) > 0) return;

    // On a busy node any loop hardly gets a turn. One without a quota tells, once it has got more.
    const free = await sandbox.startContainer({ command: BUSY_LOOP });
    const [freeFirst, boundFirst] = [await firstSample(rpc, free), await sample(rpc, container)];
    let freeCores = 0;
    await until(
      "a busy loop without a quota to use twice as much",
      async () => {
        const now = await sample(rpc, free);
        freeCores = coresUsed(freeFirst, now);
        return now.atNs - freeFirst.atNs >= 1e9 && freeCores > 2 * most;
      },
      { timeoutMs: 60_000, seen: () => `${freeCores.toFixed(2)} processors` },
    );
    const boundCores = coresUsed(boundFirst, await sample(rpc, container));
    const beside = `processors that a busy loop used beside one that used ${freeCores.toFixed(2)}`;
    expect(boundCores, beside).to.be.at.most(most);
  },
);

async function sample(rpc: CriRpc, { id }: Container): Promise<Sample> {
  const { stats } = await rpc.containerStats({ containerId: id });
  return {
    usageNs: Number(stats?.cpu?.usageCoreNanoSeconds?.value ?? 0n),
    atNs: Number(stats?.cpu?.timestamp ?? 0n),
  };
}

function firstSample(rpc: CriRpc, container: Container): Promise<Sample> {
  return until("ContainerStats to report CPU usage", async () => {
    const seen = await sample(rpc, container);
    return seen.usageNs > 0 && seen;
  });
}

const coresUsed = (from: Sample, to: Sample): number => (to.usageNs - from.usageNs) / (to.atNs - from.atNs);

/** How often the kernel has held the container's processes back; 0 where the container does not show it. */
async function throttledPeriods(container: Container): Promise<number> {
  const text = await container.output(
    sh("cat /sys/fs/cgroup/cpu.stat /sys/fs/cgroup/cpu/cpu.stat 2> /dev/null || true"),
  );
  return Math.max(0, ...[...text.matchAll(/^nr_throttled (\d+)$/gm)].map(([, count]) => Number(count)));
}
