import {
  answerOf,
  behaviour,
  ContainerState,
  expect,
  PodSandboxState,
  RpcError,
  sh,
  until,
  type ContainerInit,
  type PodSandboxInit,
  type SpecContext,
} from "../../src/harness/index.js";

/** Before the runtime has done anything, and while it is at work: a sandbox takes some hundred milliseconds. */
const DEADLINES_MS = [1, 60];

/** The kubelet retries for as long as the pod is wanted; a minute of refusals is a poisoned name. */
const RETRY_MS = 60_000;

behaviour(
  "ERR-006",
  {
    title: "A client deadline that hits RunPodSandbox or CreateContainer does not poison the name",
    level: "required",
    rpcs: ["RunPodSandbox", "CreateContainer", "ListPodSandbox", "ListContainers"],
    clause:
      "RunPodSandbox, CreateContainer: the kubelet repeats a call that ran into its deadline, with the same metadata",
    timeoutMs: 180_000, // four times the retries
  },
  async (context) => {
    for (const deadlineMs of DEADLINES_MS) {
      const pod = context.names.next();
      const config = await context.runtime.podConfig({ labels: { pod } });
      const podSandboxId = await judgeRun(context, config, pod, deadlineMs);
      await judgeCreate(context, config, podSandboxId, deadlineMs);
    }
  },
);

/** Runs a sandbox after a call that was given up; returns the id of the one sandbox that there is then. */
async function judgeRun(
  { runtime, rpc, note }: SpecContext,
  config: PodSandboxInit,
  pod: string,
  deadlineMs: number,
): Promise<string> {
  const request = { config, runtimeHandler: runtime.handler };
  const listed = async () => (await rpc.listPodSandbox({ filter: { labelSelector: { pod } } })).items;
  await givenUp(rpc.runPodSandbox(request, { timeoutMs: deadlineMs }));

  const seen = { refusals: 0, removed: 0, most: 0, last: "" };
  const id = await until(
    "RunPodSandbox with the same metadata to succeed",
    async () => {
      const answer = await answerOf(rpc.runPodSandbox(request));
      const items = await listed();
      seen.most = Math.max(seen.most, items.length);
      if (!(answer instanceof RpcError)) return answer.podSandboxId;
      seen.refusals++;
      seen.last = answer.details;
      // The call that was given up may have come to its end all the same; the kubelet then takes what it finds.
      const [found] = items;
      if (!found || found.state === PodSandboxState.SANDBOX_READY) return found?.id;
      // A sandbox that failed may be left for the kubelet to remove.
      seen.removed++;
      await rpc.stopPodSandbox({ podSandboxId: found.id });
      await rpc.removePodSandbox({ podSandboxId: found.id });
      return undefined;
    },
    { timeoutMs: RETRY_MS, seen: () => `${seen.refusals} refusals, at last: ${seen.last}` },
  );

  expect(seen.most, `most sandboxes of the pod that were listed at once, deadline ${deadlineMs} ms`).to.be.at.most(1);
  expect(
    (await listed()).map((item) => item.id),
    `sandboxes of the pod, deadline ${deadlineMs} ms`,
  ).to.deep.equal([id]);
  note(
    `RunPodSandbox given up after ${deadlineMs} ms, then refused ${seen.refusals} times, ${seen.removed} left to remove`,
  );
  return id;
}

/** The same for a container, which must also run. */
async function judgeCreate(
  { runtime, rpc, note, names }: SpecContext,
  sandboxConfig: PodSandboxInit,
  podSandboxId: string,
  deadlineMs: number,
): Promise<void> {
  const label = names.next();
  const config: ContainerInit = await runtime.containerConfig(sandboxConfig, {
    labels: { label },
    command: sh("exit 7"),
  });
  const request = { podSandboxId, config, sandboxConfig };
  const listed = async () => (await rpc.listContainers({ filter: { labelSelector: { label } } })).containers;
  // CreateContainer is quicker than RunPodSandbox.
  await givenUp(rpc.createContainer(request, { timeoutMs: Math.ceil(deadlineMs / 4) }));

  let refusals = 0;
  let removed = 0;
  const id = await until(
    "CreateContainer with the same metadata to succeed",
    async () => {
      const answer = await answerOf(rpc.createContainer(request));
      if (!(answer instanceof RpcError)) return answer.containerId;
      refusals++;
      // The call that was given up may have left a container; the kubelet removes it, whatever it is.
      for (const found of await listed()) {
        removed++;
        await rpc.removeContainer({ containerId: found.id });
      }
      return undefined;
    },
    { timeoutMs: RETRY_MS, seen: () => `${refusals} refusals` },
  );

  expect(
    (await listed()).map((item) => item.id),
    "containers of that name",
  ).to.deep.equal([id]);
  await rpc.startContainer({ containerId: id });
  const status = await until("the container to run and exit", async () => {
    const reply = await rpc.containerStatus({ containerId: id });
    return reply.status?.state === ContainerState.CONTAINER_EXITED && reply.status;
  });
  expect(status, "ContainerStatus").to.have.fields({ exitCode: 7 });
  note(
    `CreateContainer given up after ${Math.ceil(deadlineMs / 4)} ms, then refused ${refusals} times, ${removed} left to remove`,
  );
}

/** Waits for a call that its deadline probably ends; one that is quicker or refused is fine too. */
async function givenUp(call: Promise<unknown>): Promise<void> {
  await call.catch((error: unknown) => {
    if (!(error instanceof RpcError)) throw error;
  });
}
