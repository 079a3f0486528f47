import { behaviour, expect, expectError, sh, until, type ContainerStats } from "../../src/harness/index.js";
import { clockDistanceMs, COLLECTED_MS, expectHeld, hold, statsOf, usageOf, valueOf } from "./samples.js";

behaviour(
  "STA-001",
  {
    title: "ContainerStats says whose they are, and the CPU and memory usage of a running container",
    level: "required",
    rpcs: ["ContainerStats"],
    clause: "ContainerStats.attributes, cpu, memory: the kubelet's summary is made of them",
    critest:
      "[k8s.io] Container runtime should support basic operations on container runtime should support listing container stats [Conformance]",
  },
  async ({ runtime, rpc, names }) => {
    const labels = { ...names.labels, of: names.next() };
    const annotations = { "critique.dev/note": "a note\nof two lines" };
    const container = await runtime.startContainer({ labels, annotations });

    const { attributes, cpu, memory } = await usageOf(rpc, container);

    expect(attributes, "ContainerStats.attributes").to.have.fields({
      id: container.id,
      metadata: { name: container.config.metadata?.name, attempt: 0 },
      labels,
      annotations,
    });
    // A minute is more than any interval of collection.
    expect(clockDistanceMs(cpu?.timestamp ?? 0n), "ms between cpu.timestamp and now").to.be.below(60_000);
    expect(clockDistanceMs(memory?.timestamp ?? 0n), "ms between memory.timestamp and now").to.be.below(60_000);
    expect(valueOf(cpu?.usageCoreNanoSeconds), "cpu.usage_core_nano_seconds").to.be.above(0);
    expect(valueOf(memory?.workingSetBytes), "memory.working_set_bytes").to.be.above(0);
  },
);

/** The pressure figures of a container's statistics, by resource. */
const pressures = ({ cpu, memory, io }: ContainerStats) =>
  Object.entries({ cpu: cpu?.psi, memory: memory?.psi, io: io?.psi }).flatMap(([resource, psi]) =>
    psi ? [{ resource, full: psi.Full, some: psi.Some }] : [],
  );

behaviour(
  "STA-007",
  {
    title: "Optional figures of memory and pressure are plausible where they are reported",
    level: "recommended",
    rpcs: ["ContainerStats"],
    clause: "MemoryUsage, PsiStats: what is not known is left out",
  },
  async ({ runtime, rpc, note }) => {
    const container = await runtime.startContainer({ command: hold(16) });
    const first = await until(
      "memory.working_set_bytes to reach 16 MiB",
      async () => {
        const stats = await usageOf(rpc, container);
        return (valueOf(stats.memory?.workingSetBytes) ?? 0) >= 16 * 1024 * 1024 && stats;
      },
      { timeoutMs: COLLECTED_MS },
    );
    await container.output(["dd", "if=/dev/zero", "of=/dev/null", "bs=4M", "count=1"]);
    const second = await usageOf(rpc, container);

    const { pageFaults } = first.memory ?? {};
    expectHeld(first.memory, "memory", 16);
    if (pageFaults) {
      // Every page that is touched for the first time faults, if only the huge ones of 2 MiB.
      expect(valueOf(pageFaults), "memory.page_faults after touching 16 MiB").to.be.above(0);
      expect(valueOf(second.memory?.pageFaults), "memory.page_faults later").to.be.at.least(Number(pageFaults.value));
    }
    const major = (stats: ContainerStats): number => valueOf(stats.memory?.majorPageFaults) ?? 0;
    expect(major(second), "memory.major_page_faults later").to.be.at.least(major(first));

    const { io } = second;
    if (io) expect(clockDistanceMs(io.timestamp), "ms between io.timestamp and now").to.be.below(60_000);
    const later = new Map(pressures(second).map((pressure) => [pressure.resource, pressure]));
    if (later.size === 0) note("no pressure figures are reported");
    for (const { resource, full, some } of pressures(first)) {
      for (const [kind, data] of Object.entries({ Full: full, Some: some })) {
        for (const average of [data?.Avg10, data?.Avg60, data?.Avg300]) {
          if (average !== undefined) expect(average, `an average of ${resource}.psi.${kind}`).to.be.within(0, 100);
        }
      }
      const next = later.get(resource);
      expect(Number(next?.some?.Total ?? 0n), `${resource}.psi.Some.Total later`).to.be.at.least(
        Number(some?.Total ?? 0n),
      );
      expect(Number(next?.full?.Total ?? 0n), `${resource}.psi.Full.Total later`).to.be.at.least(
        Number(full?.Total ?? 0n),
      );
      // When all tasks of a group wait, some do. The kernel once counted this differently for the CPU.
      if (resource !== "cpu") {
        expect(Number(some?.Total ?? 0n), `${resource}.psi.Some.Total`).to.be.at.least(Number(full?.Total ?? 0n));
      }
    }
  },
);

behaviour(
  "STA-010",
  {
    title: "Containers that do not run keep nobody from the statistics of those that do",
    level: "required",
    rpcs: ["ContainerStats", "ListContainerStats"],
    clause: "ContainerStats, ListContainerStats: an error only for a container that does not exist",
  },
  async ({ runtime, rpc, names, note }) => {
    const sandbox = await runtime.borrowSandbox();
    const [running, exited, removed] = await Promise.all([
      sandbox.startContainer(),
      sandbox.startContainer({ command: sh("exit 0") }),
      sandbox.createContainer(),
      sandbox.createContainer(),
    ]);
    await exited.exited();
    await removed.remove();

    const { stats } = await rpc.listContainerStats({ filter: { podSandboxId: sandbox.id } });
    const ids = stats.map(({ attributes }) => attributes?.id);
    expect(ids, "ids of ListContainerStats with a created, a running and an exited container").to.include(running.id);

    const ended = await statsOf(rpc, exited).catch((error: unknown) => String(error));
    note(typeof ended === "string" ? `of an exited container: ${ended}` : "an exited container has statistics");
    await expectError(statsOf(rpc, removed), "NotFound", "ContainerStats of a removed container");
    await expectError(rpc.containerStats({ containerId: names.next() }), "NotFound", "ContainerStats of an unknown id");
  },
);
