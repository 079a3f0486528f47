import { readFile } from "node:fs/promises";
import path from "node:path";
import {
  behaviour,
  cgroupFolders,
  expect,
  hostPid,
  until,
  type Container,
  type ContainerStats,
} from "../../src/harness/index.js";
import { untilAgreeing } from "./agreement.js";
import { COLLECTED_MS, hold, MIB, statsOf, usageOf, valueOf } from "./samples.js";

type Figures = Readonly<Record<string, number>>;

const HELD_MIB = 16;

/** The figures of a container that the kernel keeps in its cgroup, as far as the runtime reports them. */
function reported({ cpu, memory }: ContainerStats): Figures {
  const figures = {
    usage_core_nano_seconds: cpu?.usageCoreNanoSeconds,
    working_set_bytes: memory?.workingSetBytes,
    usage_bytes: memory?.usageBytes,
    rss_bytes: memory?.rssBytes,
    page_faults: memory?.pageFaults,
    major_page_faults: memory?.majorPageFaults,
  };
  return Object.fromEntries(
    Object.entries(figures).flatMap(([name, wrapped]) => (wrapped ? [[name, Number(wrapped.value)]] : [])),
  );
}

/** The same figures in the files of a cgroup of either version; its folders are one per hierarchy. */
async function counted(folders: readonly string[]): Promise<Figures> {
  const text = async (name: string): Promise<string> => {
    const texts = folders.map((folder) => readFile(path.join(folder, name), "utf8").catch(() => ""));
    return (await Promise.all(texts)).join("");
  };
  const [stat, usage, cpuStat, cpuUsage] = await Promise.all([
    text("memory.stat"),
    Promise.all([text("memory.current"), text("memory.usage_in_bytes")]),
    text("cpu.stat"),
    text("cpuacct.usage"),
  ]);
  const named = (line: string, from = stat): number => Number(new RegExp(`^${line} (\\d+)$`, "m").exec(from)?.[1]);
  const isV1 = /^total_rss /m.test(stat);
  const usageBytes = Number(usage.join(""));
  return {
    usage_core_nano_seconds: isV1 ? Number(cpuUsage) : named("usage_usec", cpuStat) * 1_000,
    // What the kubelet calls a working set: usage without the file pages that were not used lately.
    working_set_bytes: Math.max(0, usageBytes - named(isV1 ? "total_inactive_file" : "inactive_file")),
    usage_bytes: usageBytes,
    rss_bytes: named(isV1 ? "total_rss" : "anon"),
    page_faults: named(isV1 ? "total_pgfault" : "pgfault"),
    major_page_faults: named(isV1 ? "total_pgmajfault" : "pgmajfault"),
  };
}

/** The process on the node that is the container's own; undefined where a kernel or program of the handler's stands for it. */
async function ownProcess(container: Container): Promise<number | undefined> {
  const pid = await hostPid((await container.statusResponse(true)).info);
  const commandLine = pid === undefined ? "" : await readFile(`/proc/${pid}/cmdline`, "utf8");
  return commandLine.includes(container.config.command?.at(-1) ?? "") ? pid : undefined;
}

behaviour(
  "STA-015",
  {
    title: "Figures of a container are those that the kernel counts in its cgroup",
    level: "recommended",
    rpcs: ["ContainerStats"],
    clause: "CpuUsage, MemoryUsage: usage, working set, rss and page faults of the container's processes",
    needs: ["node-files"],
  },
  async ({ runtime, rpc, notApplicable }) => {
    const container = await runtime.startContainer({ command: hold(HELD_MIB) });
    await until(
      "memory.working_set_bytes to reach what the container holds",
      async () => (valueOf((await usageOf(rpc, container)).memory?.workingSetBytes) ?? 0) >= HELD_MIB * MIB,
      { timeoutMs: COLLECTED_MS },
    );
    const pid = await ownProcess(container);
    if (pid === undefined) return notApplicable("the container's process is none of the node's", "handler");
    const folders = await cgroupFolders(pid);
    if (folders.length === 0) return notApplicable("the cgroups of this node are not visible to the suite", "host");
    const names = Object.keys(reported(await usageOf(rpc, container)));
    expect(names, "figures of ContainerStats").to.include("working_set_bytes");

    await untilAgreeing(
      "ContainerStats",
      async () => {
        const stats = await statsOf(rpc, container);
        return stats && reported(stats);
      },
      async () => {
        const figures = await counted(folders);
        return Object.fromEntries(names.map((name) => [name, figures[name]]));
      },
    );
  },
);
