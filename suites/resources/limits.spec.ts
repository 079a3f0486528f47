import {
  behaviour,
  cgroupFiles,
  cgroupLimits,
  expect,
  expectError,
  answerOf,
  RpcError,
  readMainProcess,
  type Container,
} from "../../src/harness/index.js";
import { expectLimits, limited, mebibytes } from "./limited.js";

const MIB = 1024 * 1024;

behaviour(
  "RES-003",
  {
    title: "Memory and swap limits reach the cgroup",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer"],
    clause: "LinuxContainerResources.memory_limit_in_bytes, memory_swap_limit_in_bytes: memory, and memory with swap",
  },
  async ({ runtime, note }) => {
    const sandbox = await runtime.borrowSandbox();
    const start = (memorySwapMib: number) =>
      sandbox.startContainer(
        limited({ memoryLimitInBytes: mebibytes(128), memorySwapLimitInBytes: mebibytes(memorySwapMib) }),
      );
    const [equal, more, unset] = await Promise.all([start(128), start(256), start(0)]);

    await expectLimits(equal, { memoryBytes: 128 * MIB });
    await expectLimits(more, { memoryBytes: 128 * MIB });
    const { memoryBytes, memoryAndSwapBytes } = await cgroupLimits(unset);
    expect(memoryBytes, "memory limit of a container without a swap limit").to.equal(128 * MIB);
    if (memoryAndSwapBytes === undefined)
      return note("the kernel does not account for swap, so only memory was looked at");
    await expectLimits(equal, { memoryAndSwapBytes: 128 * MIB });
    await expectLimits(more, { memoryAndSwapBytes: 256 * MIB });
    note(`without a swap limit memory and swap may reach ${memoryAndSwapBytes} bytes together`);
  },
);

behaviour(
  "RES-004",
  {
    title: "CPU quota, period and shares reach the cgroup",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer"],
    clause: "LinuxContainerResources.cpu_period, cpu_quota, cpu_shares: CFS settings of the container",
  },
  async ({ runtime }) => {
    const sandbox = await runtime.borrowSandbox();
    const [half, least, endless] = await Promise.all([
      sandbox.startContainer(limited({ cpuPeriod: 100_000n, cpuQuota: 50_000n, cpuShares: 512n })),
      sandbox.startContainer(limited({ cpuPeriod: 50_000n, cpuQuota: 10_000n, cpuShares: 2n })),
      sandbox.startContainer(limited({ cpuPeriod: 100_000n, cpuQuota: -1n, cpuShares: 1024n })),
    ]);

    await expectLimits(half, { cpuPeriodUs: 100_000, cpuQuotaUs: 50_000, cpuShares: 512 }, "with half a CPU");
    await expectLimits(least, { cpuPeriodUs: 50_000, cpuQuotaUs: 10_000, cpuShares: 2 }, "with the least shares");
    await expectLimits(endless, { cpuPeriodUs: 100_000, cpuQuotaUs: Infinity, cpuShares: 1024 }, "with the quota -1");
  },
);

/** Ids of the kernel's list format, such as "0-2,5". */
const listed = (list: string): number[] =>
  list.split(",").flatMap((range) => {
    const [first = NaN, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });

/** The processors and memory nodes that a container's first process may use, as the kernel lists them. */
async function allowedLists(container: Container): Promise<{ cpus: string | undefined; mems: string | undefined }> {
  const status = await readMainProcess(container, "status");
  const list = (field: string) => new RegExp(`^${field}:\\s*(.*)$`, "m").exec(status)?.[1];
  return { cpus: list("Cpus_allowed_list"), mems: list("Mems_allowed_list") };
}

behaviour(
  "RES-006",
  {
    title: "CPU and memory node restrictions are applied",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer", "ExecSync", "ContainerStatus"],
    clause: "LinuxContainerResources.cpuset_cpus, cpuset_mems: processors and memory nodes that processes may use",
    needs: ["two-cpus"],
  },
  async ({ runtime }) => {
    const sandbox = await runtime.borrowSandbox();
    const free = await sandbox.startContainer();
    const all = await allowedLists(free);
    const cpu = String(listed(all.cpus ?? "0").at(-1));
    const node = String(listed(all.mems ?? "0").at(-1));

    const bound = await sandbox.startContainer(limited({ cpusetCpus: cpu, cpusetMems: node }));

    const allowed = await allowedLists(bound);
    expect(allowed.cpus, "Cpus_allowed_list of the first process").to.equal(cpu);
    expect(allowed.mems, "Mems_allowed_list of the first process").to.equal(node);
    expect((await bound.output(["nproc"])).trim(), "processors that a command in the container sees").to.equal("1");
    const { resources } = await bound.status();
    if (resources?.linux) {
      expect(resources.linux, "ContainerStatus.resources.linux").to.have.fields({ cpusetCpus: cpu, cpusetMems: node });
    }
    await expectError(
      sandbox.startContainer(limited({ cpusetCpus: "9999" })),
      "any",
      "CreateContainer and StartContainer with a processor that does not exist",
    );
    await expectError(
      sandbox.startContainer(limited({ cpusetMems: "9999" })),
      "any",
      "CreateContainer and StartContainer with a memory node that does not exist",
    );
  },
);

behaviour(
  "RES-007",
  {
    title: "The OOM score adjustment is applied to the first process",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer", "ExecSync"],
    clause: "LinuxContainerResources.oom_score_adj: the first process has it; the kubelet ranks pods with it",
  },
  async ({ runtime }) => {
    // Raising it needs no privilege, which a runtime in a user namespace may lack.
    const container = await runtime.startContainer(limited({ oomScoreAdj: 777n }));

    const adjustment = (await readMainProcess(container, "oom_score_adj")).trim();
    expect(adjustment, "/proc/1/oom_score_adj").to.equal("777");
  },
);

behaviour(
  "RES-008",
  {
    title: "Huge page limits and unified keys reach the cgroup",
    level: "optional",
    rpcs: ["CreateContainer", "StartContainer"],
    clause: "LinuxContainerResources.hugepage_limits, unified: limits per page size, and files of cgroup v2 by name",
  },
  async ({ runtime, probe, notApplicable }) => {
    const sandbox = await runtime.borrowSandbox();
    const hugePageFiles = ["hugetlb.2MB.max", "hugetlb.2MB.limit_in_bytes"];
    const hasHugePages = Object.keys(await cgroupFiles(await sandbox.startContainer(), hugePageFiles)).length > 0;
    const hasUnified = probe.host.cgroupVersion === "v2";
    if (!hasHugePages && !hasUnified)
      return notApplicable("the node has neither huge pages in cgroups nor the unified hierarchy", "host");

    if (hasHugePages) {
      const container = await sandbox.startContainer(
        limited({ hugepageLimits: [{ pageSize: "2MB", limit: mebibytes(4) }] }),
      );
      const [bytes] = Object.values(await cgroupFiles(container, hugePageFiles));
      expect(bytes, "limit of 2 MiB pages in the container's cgroup").to.equal(String(4 * MIB));
    }
    if (hasUnified) {
      const unified = { "memory.low": String(MIB), "memory.high": String(64 * MIB) };
      const container = await sandbox.startContainer(limited({ unified }));
      expect(await cgroupFiles(container, Object.keys(unified)), "files of the container's cgroup").to.deep.equal(
        unified,
      );
      await expectError(
        sandbox.startContainer(limited({ unified: { "memory.critique": "1" } })),
        "any",
        "CreateContainer and StartContainer with a key that cgroups do not have",
      );
    }
  },
);

behaviour(
  "RES-009",
  {
    title: "Impossible memory values are refused",
    level: "recommended",
    rpcs: ["CreateContainer", "StartContainer"],
    clause: "LinuxContainerResources.memory_limit_in_bytes, memory_swap_limit_in_bytes: a container starts within them",
  },
  async ({ runtime }) => {
    const sandbox = await runtime.borrowSandbox();
    await expectError(
      sandbox.startContainer(limited({ memoryLimitInBytes: 2_000n, memorySwapLimitInBytes: 2_000n })),
      "any",
      "CreateContainer and StartContainer with 2000 bytes of memory",
    );
    await expectError(
      sandbox.startContainer(limited({ memoryLimitInBytes: mebibytes(128), memorySwapLimitInBytes: mebibytes(64) })),
      "any",
      "CreateContainer and StartContainer with less memory and swap than memory",
    );

    const negative = await answerOf(sandbox.startContainer(limited({ memoryLimitInBytes: -1n })));
    // Refused or without a limit, but never the limit 0 or 2^64 - 1.
    if (!(negative instanceof RpcError)) await expectLimits(negative, { memoryBytes: Infinity }, "with the limit -1");
  },
);

behaviour(
  "RES-018",
  {
    title: "A sandbox takes the pod's overhead and resources, and a container's limits stay its own",
    level: "required",
    rpcs: ["RunPodSandbox", "CreateContainer"],
    clause: "LinuxPodSandboxConfig.overhead, resources: what the pod needs in all, which the kubelet always sends",
  },
  async ({ runtime }) => {
    const sandbox = await runtime.runSandbox({
      linux: {
        overhead: { memoryLimitInBytes: mebibytes(32), cpuShares: 10n },
        resources: { memoryLimitInBytes: mebibytes(512), cpuShares: 512n, cpuPeriod: 100_000n, cpuQuota: 50_000n },
      },
    });

    const container = await sandbox.startContainer(limited({ memoryLimitInBytes: mebibytes(128), cpuShares: 256n }));

    await expectLimits(container, { memoryBytes: 128 * MIB, cpuShares: 256 });
  },
);
