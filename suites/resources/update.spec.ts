import {
  behaviour,
  cgroupLimits,
  ContainerState,
  expect,
  expectError,
  expectOk,
  sh,
  until,
  answerOf,
  RpcError,
  type Container,
  type CriRpc,
} from "../../src/harness/index.js";
import { expectLimits, limited, mebibytes, type Resources } from "./limited.js";

const MIB = 1024 * 1024;

/** UpdateContainerResources; annotations that a runtime does not know are none of its business. */
const update = (rpc: CriRpc, container: Container, linux: Resources) =>
  rpc.updateContainerResources({ containerId: container.id, linux, annotations: { "critique.dev/update": "yes" } });

/** Some limits of every kind, as a container starts with them. */
const SOME = { memoryLimitInBytes: mebibytes(256), cpuPeriod: 100_000n, cpuQuota: 20_000n, cpuShares: 256n };

behaviour(
  "RES-010",
  {
    title: "An update is in effect when the call returns, and the process goes on",
    level: "required",
    rpcs: ["UpdateContainerResources"],
    clause: "UpdateContainerResources: the new limits are in effect when it returns; the container is not restarted",
  },
  async ({ runtime, rpc }) => {
    const container = await runtime.startContainer(limited(SOME));
    const { startedAt } = await container.status();

    await update(rpc, container, {
      memoryLimitInBytes: mebibytes(512),
      cpuPeriod: 50_000n,
      cpuQuota: 25_000n,
      cpuShares: 512n,
    });

    await expectLimits(
      container,
      { memoryBytes: 512 * MIB, cpuPeriodUs: 50_000, cpuQuotaUs: 25_000, cpuShares: 512 },
      "after the update",
    );
    expect(await container.status(), "ContainerStatus after the update").to.have.fields({
      state: ContainerState.CONTAINER_RUNNING,
      startedAt,
    });
  },
);

behaviour(
  "RES-011",
  {
    title: "Fields that an update does not set keep their value",
    level: "required",
    rpcs: ["UpdateContainerResources"],
    clause: "LinuxContainerResources: 0 means not specified",
  },
  async ({ runtime, rpc }) => {
    const container = await runtime.startContainer(limited(SOME));
    const others = { cpuPeriodUs: 100_000, cpuQuotaUs: 20_000 };

    await update(rpc, container, { cpuShares: 512n });
    await expectLimits(container, { ...others, memoryBytes: 256 * MIB, cpuShares: 512 }, "after new shares");

    await update(rpc, container, { memoryLimitInBytes: mebibytes(300) });
    await expectLimits(container, { ...others, memoryBytes: 300 * MIB, cpuShares: 512 }, "after a new memory limit");
  },
);

behaviour(
  "RES-012",
  {
    title: "Updates show in ContainerStatus, before and after the start",
    level: "recommended",
    rpcs: ["UpdateContainerResources", "ContainerStatus"],
    clause: "ContainerStatus.resources: the limits as they are now",
  },
  async ({ runtime, rpc, notApplicable }) => {
    const sandbox = await runtime.borrowSandbox();
    const memory = (mib: number) => ({
      memoryLimitInBytes: mebibytes(mib),
      memorySwapLimitInBytes: mebibytes(mib),
    });
    const cpu = { cpuPeriod: 100_000n, cpuQuota: 50_000n, cpuShares: 512n };
    const container = await sandbox.createContainer(limited({ ...cpu, ...memory(200), oomScoreAdj: 777n }));
    const reported = async () => (await container.status()).resources?.linux;
    if ((await reported())?.memoryLimitInBytes === undefined) {
      return notApplicable("ContainerStatus.resources is not set", "runtime");
    }
    const subject = (when: string): string => `ContainerStatus.resources.linux ${when}`;
    const asked = { ...cpu, memoryLimitInBytes: mebibytes(200), oomScoreAdj: 777n };
    expect(await reported(), subject("of a new container")).to.have.fields(asked);

    await update(rpc, container, memory(400));
    const first = { ...asked, memoryLimitInBytes: mebibytes(400) };
    expect(await reported(), subject("after an update before the start")).to.have.fields(first);

    await container.start();
    await expectLimits(container, { memoryBytes: 400 * MIB }, "after an update before the start");
    expect(await reported(), subject("after the start")).to.have.fields(first);
    // A kernel that does not account for swap has no such limit, and a runtime nothing to tell.
    const hasSwapLimit = (await cgroupLimits(container)).memoryAndSwapBytes !== undefined;
    const swap = (mib: number) => (hasSwapLimit ? { memorySwapLimitInBytes: mebibytes(mib) } : {});
    expect(await reported(), subject("after the start")).to.have.fields(swap(400));

    const others = { cpuPeriod: 50_000n, cpuQuota: 30_000n, cpuShares: 256n };
    await update(rpc, container, { ...others, ...memory(800) });
    expect(await reported(), subject("after an update of the running container")).to.have.fields({
      ...others,
      ...swap(800),
      memoryLimitInBytes: mebibytes(800),
      oomScoreAdj: 777n,
    });
  },
);

behaviour(
  "RES-013",
  {
    title: "Swap limits can be updated together with the memory limit",
    level: "recommended",
    rpcs: ["UpdateContainerResources"],
    clause: "LinuxContainerResources.memory_swap_limit_in_bytes: memory and swap together",
  },
  async ({ runtime, rpc, notApplicable }) => {
    const container = await runtime.startContainer(
      limited({ memoryLimitInBytes: mebibytes(256), memorySwapLimitInBytes: mebibytes(256) }),
    );
    const { memoryAndSwapBytes } = await cgroupLimits(container);
    if (memoryAndSwapBytes === undefined) return notApplicable("the kernel does not account for swap", "host");

    await update(rpc, container, {
      memoryLimitInBytes: mebibytes(512),
      memorySwapLimitInBytes: mebibytes(768),
    });
    await expectLimits(container, { memoryBytes: 512 * MIB, memoryAndSwapBytes: 768 * MIB }, "after an update of both");

    await expectOk(
      update(rpc, container, { memoryLimitInBytes: mebibytes(640) }),
      "UpdateContainerResources with a memory limit alone",
    );
    await expectLimits(container, { memoryBytes: 640 * MIB }, "after an update of the memory limit");
  },
);

behaviour(
  "RES-014",
  {
    title: "Updates of unknown containers are NotFound, and those without effect change nothing",
    level: "required",
    rpcs: ["UpdateContainerResources"],
    clause: "UpdateContainerResourcesRequest.container_id, linux: a container that is there, and what to change",
  },
  async ({ runtime, rpc, names }) => {
    const sandbox = await runtime.borrowSandbox();
    const [running, exited] = await Promise.all([
      sandbox.startContainer(limited(SOME)),
      sandbox.startContainer({ ...limited(SOME), command: sh("exit 3") }),
    ]);
    const before = await exited.exited();

    await expectError(
      rpc.updateContainerResources({ containerId: names.next(), linux: { cpuShares: 512n } }),
      "NotFound",
      "UpdateContainerResources of an unknown id",
    );

    await answerOf(update(rpc, exited, { cpuShares: 512n }));
    const { exitCode, finishedAt } = before;
    expect(await exited.status(), "ContainerStatus of the exited container afterwards").to.have.fields({
      state: ContainerState.CONTAINER_EXITED,
      exitCode,
      finishedAt,
    });

    const limits = await cgroupLimits(running);
    await answerOf(rpc.updateContainerResources({ containerId: running.id }));
    expect(await cgroupLimits(running), "limits of the cgroup after an update without resources").to.deep.equal(limits);
  },
);

behaviour(
  "RES-015",
  {
    title: "An update that fails changes nothing",
    level: "recommended",
    rpcs: ["UpdateContainerResources", "ContainerStatus"],
    clause: "UpdateContainerResources: all or nothing",
  },
  async ({ runtime, rpc }) => {
    const container = await runtime.startContainer({
      ...limited({ memoryLimitInBytes: mebibytes(256), memorySwapLimitInBytes: mebibytes(256) }),
      // dd holds a buffer of 64 MiB for as long as nobody reads what it writes.
      command: sh("dd if=/dev/zero bs=64M count=1 | sleep 2147483"),
    });
    const both = async () => {
      const { resources } = await container.status();
      return { cgroup: (await cgroupLimits(container)).memoryBytes, status: resources?.linux?.memoryLimitInBytes };
    };
    const before = await both();

    await expectError(
      update(rpc, container, { memoryLimitInBytes: mebibytes(512), cpusetCpus: "9999" }),
      "any",
      "UpdateContainerResources with a processor that does not exist",
    );
    await expectError(
      update(rpc, container, { memoryLimitInBytes: mebibytes(512), cpusetMems: "9999" }),
      "any",
      "UpdateContainerResources with a memory node that does not exist",
    );
    expect(await both(), "memory limits of cgroup and status after an update that failed").to.deep.equal(before);

    await until("the container to use 64 MiB", async () => {
      const { stats } = await rpc.containerStats({ containerId: container.id });
      return (stats?.memory?.workingSetBytes?.value ?? 0n) > mebibytes(64);
    });
    const lowered = await answerOf(
      update(rpc, container, { memoryLimitInBytes: mebibytes(16), memorySwapLimitInBytes: mebibytes(16) }),
    );
    // A kernel that takes the limit kills what does not fit.
    if ((await container.status()).state !== ContainerState.CONTAINER_RUNNING) return;
    const after = await both();
    const subject = "memory limits of cgroup and status after an update below the usage";
    if (lowered instanceof RpcError) expect(after, subject).to.deep.equal(before);
    else if (after.status !== undefined) expect(Number(after.status), subject).to.equal(after.cgroup);
  },
);
