import {
  behaviour,
  ContainerState,
  expect,
  joinLines,
  patience,
  sh,
  until,
  untilReady,
} from "../../src/harness/index.js";

/** Enough to overlap in every step on a small node; the kubelet starts about as many at once after a restart. */
const PODS = 8;

behaviour(
  "CON-001",
  {
    title: "Many pods can be created, used and removed in parallel",
    level: "required",
    rpcs: [
      "RunPodSandbox",
      "CreateContainer",
      "StartContainer",
      "StopPodSandbox",
      "RemovePodSandbox",
      "PodSandboxStatus",
      "ListPodSandbox",
      "ListContainers",
    ],
    clause: "RuntimeService: the kubelet has a worker per pod, and all of them call at the same time",
    timeoutMs: 120_000,
  },
  async ({ runtime, rpc, names }) => {
    const round = names.next();
    const labels = { round };

    const cycle = async () => {
      const sandbox = await runtime.runSandbox({ labels });
      const { name } = sandbox.config.metadata ?? {};
      const container = await sandbox.startContainer({ command: sh(`echo ${name}`), labels });
      const ended = await container.exited();
      const { network } = await sandbox.status();
      const log = await container.log();
      await sandbox.stop();
      await sandbox.remove();
      return {
        ids: [sandbox.id, container.id],
        name,
        exitCode: ended.exitCode,
        ip: network?.ip,
        log: joinLines(log.entries).join("\n"),
      };
    };
    const pods = await Promise.all(Array.from({ length: PODS }, cycle));

    expect(new Set(pods.flatMap(({ ids }) => ids)).size, "distinct ids of sandboxes and containers").to.equal(2 * PODS);
    for (const { name, exitCode, log } of pods) {
      expect(exitCode, `exit code in pod ${name}`).to.equal(0);
      expect(log, `log in pod ${name}`).to.equal(name);
    }
    const ips = pods.map(({ ip }) => ip ?? "");
    expect(new Set(ips).size, `distinct values of PodSandboxStatus.network.ip in ${ips.join(", ")}`).to.equal(PODS);
    const { items } = await rpc.listPodSandbox({ filter: { labelSelector: labels } });
    expect(items, "sandboxes left").to.be.empty;
    const { containers } = await rpc.listContainers({ filter: { labelSelector: labels } });
    expect(containers, "containers left").to.be.empty;
  },
);

behaviour(
  "CON-004",
  {
    title: "A slow stop in one pod does not block others",
    level: "required",
    rpcs: ["StopContainer", "RunPodSandbox", "ListContainers", "ListPodSandbox", "Status", "ExecSync"],
    clause:
      "StopContainerRequest.timeout: the wait for one container is nobody else's; the kubelet relists every second",
    timeoutMs: 90_000,
  },
  async ({ runtime, rpc }) => {
    const slow = await runtime.startContainer({
      pod: {},
      command: sh("trap 'touch /asked' TERM; touch /ready; until [ -e /go ]; do sleep 0.05; done"),
    });
    const exists = async (file: string) => (await slow.execSync(["test", "-e", file])).exitCode === 0;
    await untilReady(slow);

    let isStopping = true;
    const gracePeriodS = Math.ceil(60 * patience());
    const stop = slow.stop({ gracePeriodS }).finally(() => (isStopping = false));
    stop.catch(() => undefined); // awaited below
    await until("the container to get its stop signal", () => exists("/asked"));
    const durationsMs = await durationsOf({
      ListPodSandbox: () => rpc.listPodSandbox({}),
      ListContainers: () => rpc.listContainers({}),
      Status: () => rpc.status({}),
      "ContainerStatus of the container being stopped": () => slow.status(),
      "ExecSync in the container being stopped": () => slow.execSync(["true"]),
      "a whole pod beside it": async () => {
        const container = await runtime.startContainer({ pod: {}, command: ["/bin/true"] });
        await container.exited();
        await rpc.stopPodSandbox({ podSandboxId: container.sandbox.id });
        await rpc.removePodSandbox({ podSandboxId: container.sandbox.id });
      },
    });

    expect(isStopping ? "waiting" : "over", "StopContainer after all of that").to.equal("waiting");
    // Half of the grace period: what waits for the stop takes longer, and a VM-based pod on a loaded machine does not.
    for (const [what, ms] of durationsMs) expect(ms, `duration of ${what} in ms`).to.be.below(gracePeriodS * 500);
    await slow.execSync(["touch", "/go"]);
    await stop;
    expect(await slow.status(), "ContainerStatus in the end").to.have.fields({
      state: ContainerState.CONTAINER_EXITED,
      exitCode: 0,
    });
  },
);

async function durationsOf(steps: Record<string, () => Promise<unknown>>): Promise<[string, number][]> {
  const durations: [string, number][] = [];
  for (const [what, step] of Object.entries(steps)) {
    const startedMs = performance.now();
    await step();
    durations.push([what, performance.now() - startedMs]);
  }
  return durations;
}
