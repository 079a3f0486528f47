import { randomBytes } from "node:crypto";
import { behaviour, ContainerState, expect, RpcError } from "../../src/harness/index.js";
import { listedContainers, listedIds } from "./listed.js";

behaviour(
  "CTR-023",
  {
    title: "ListContainers filters by state",
    level: "required",
    rpcs: ["ListContainers"],
    clause: "ContainerFilter.state: presence of the wrapper decides, as CREATED is the value 0",
  },
  async ({ runtime, rpc }) => {
    const sandbox = await runtime.borrowSandbox();
    const created = await sandbox.createContainer();
    const running = await sandbox.startContainer();
    const exited = await sandbox.startContainer({ command: ["/bin/true"] });
    await exited.exited();
    // Without the pod in the filter, so that the state alone decides.
    const own = async (filter: Parameters<typeof listedIds>[1]): Promise<string[]> =>
      (await listedIds(rpc, filter)).filter((id) => [created.id, running.id, exited.id].includes(id));
    const inState = (state: ContainerState): Promise<string[]> => own({ state: { state } });

    expect(await inState(ContainerState.CONTAINER_CREATED), "listed as CREATED").to.have.members([created.id]);
    expect(await inState(ContainerState.CONTAINER_RUNNING), "listed as RUNNING").to.have.members([running.id]);
    expect(await inState(ContainerState.CONTAINER_EXITED), "listed as EXITED").to.have.members([exited.id]);
    expect(await own({}), "listed without a state").to.have.members([created.id, running.id, exited.id]);
  },
);

behaviour(
  "CTR-024",
  {
    title: "ListContainers filters by container id and by pod sandbox id",
    level: "required",
    rpcs: ["ListContainers"],
    clause: "ContainerFilter: all fields given must match",
  },
  async ({ runtime, rpc }) => {
    const [a, b] = await Promise.all([runtime.runSandbox(), runtime.runSandbox()]);
    const [a1, a2, b1, b2] = await Promise.all([
      a.createContainer(),
      a.createContainer(),
      b.createContainer(),
      b.createContainer(),
    ]);
    const unknown = randomBytes(32).toString("hex");
    const listed = (filter: Parameters<typeof listedIds>[1]): Promise<string[]> => listedIds(rpc, filter);

    const all = await listedContainers(rpc, {});
    for (const { id, sandbox } of [a1, a2, b1, b2]) {
      expect(all.find((entry) => entry.id === id)?.podSandboxId, "Container.pod_sandbox_id").to.equal(sandbox.id);
    }
    expect(await listed({ id: a1.id }), "listed by id").to.have.members([a1.id]);
    expect(await listed({ podSandboxId: a.id }), "listed by pod").to.have.members([a1.id, a2.id]);
    expect(await listed({ podSandboxId: b.id }), "listed by another pod").to.have.members([b1.id, b2.id]);
    expect(await listed({ id: b2.id, podSandboxId: b.id }), "listed by id and its pod").to.have.members([b2.id]);
    expect(await listed({ id: a1.id, podSandboxId: b.id }), "listed by id and another pod").to.be.empty;
    expect(await listed({ id: unknown }), "listed by an unknown id").to.be.empty;
    expect(await listed({ podSandboxId: unknown }), "listed by an unknown pod").to.be.empty;
  },
);

behaviour(
  "CTR-025",
  {
    title: "ListContainers filters by ANDed label selector, combined with the other fields",
    level: "required",
    rpcs: ["ListContainers", "ContainerStatus"],
    clause: "ContainerFilter: all fields given must match",
  },
  async ({ runtime, rpc, names }) => {
    const a = names.next(); // a value of our own, so that containers of others never match
    const [sandbox, elsewhere] = await Promise.all([runtime.runSandbox(), runtime.runSandbox()]);
    const one = await sandbox.createContainer({ labels: { a, b: "2" } });
    const two = await sandbox.startContainer({ labels: { a, empty: "" }, command: ["/bin/true"] });
    const three = await elsewhere.createContainer({ labels: { a: `${a}-other` } });
    const four = await elsewhere.createContainer({ labels: { a } });
    await two.exited();
    expect((await one.status()).labels, "ContainerStatus.labels with b=2").to.include({ a, b: "2" });
    expect((await two.status()).labels, "ContainerStatus.labels with an empty value").to.include({ a, empty: "" });
    const listed = (filter: Parameters<typeof listedIds>[1]): Promise<string[]> => listedIds(rpc, filter);

    expect(await listed({ labelSelector: { a } }), "listed by one label").to.have.members([one.id, two.id, four.id]);
    expect(await listed({ labelSelector: { a: `${a}-other` } }), "listed by its other value").to.have.members([
      three.id,
    ]);
    expect(await listed({ labelSelector: { a, b: "2" } }), "listed by two labels").to.have.members([one.id]);
    expect(await listed({ labelSelector: { a, b: "9" } }), "listed by a label and a value nobody has").to.be.empty;
    expect(await listed({ labelSelector: { a, empty: "" } }), "listed by an empty value").to.have.members([two.id]);
    expect(await listed({ labelSelector: { a }, podSandboxId: sandbox.id }), "listed by label and pod").to.have.members(
      [one.id, two.id],
    );
    expect(
      await listed({
        labelSelector: { a },
        podSandboxId: sandbox.id,
        state: { state: ContainerState.CONTAINER_EXITED },
      }),
      "listed by label, pod and state",
    ).to.have.members([two.id]);
  },
);

/** As long as the short ids that people copy from crictl. */
const PREFIX_LENGTH = 12;

behaviour(
  "CTR-026",
  {
    title: "A runtime that takes a unique prefix for an id takes it everywhere",
    level: "optional",
    rpcs: ["ContainerStatus", "PodSandboxStatus", "ListContainers", "ListPodSandbox", "ExecSync", "StopContainer"],
    clause:
      "ContainerFilter.id, PodSandboxFilter.id: containerd and CRI-O resolve unique prefixes, as crictl's users expect",
  },
  async ({ runtime, rpc, notApplicable }) => {
    const sandbox = await runtime.runSandbox();
    const container = await sandbox.startContainer();
    const podSandboxId = sandbox.id.slice(0, PREFIX_LENGTH);
    const containerId = container.id.slice(0, PREFIX_LENGTH);

    const { status } = await rpc.containerStatus({ containerId }).catch((error: unknown) => {
      if (error instanceof RpcError && error.is("NotFound")) notApplicable("the runtime takes whole ids only");
      throw error;
    });
    expect(status, "ContainerStatus by prefix").to.have.fields({ id: container.id });
    const pod = await rpc.podSandboxStatus({ podSandboxId });
    expect(pod.status, "PodSandboxStatus by prefix").to.have.fields({ id: sandbox.id });

    const byId = await listedContainers(rpc, { id: containerId });
    expect(
      byId.map(({ id }) => id),
      "containers listed by the prefix of an id",
    ).to.have.members([container.id]);
    expect(byId[0], "the listed container").to.have.fields({ podSandboxId: sandbox.id });
    expect(await listedIds(rpc, { podSandboxId }), "containers listed by the prefix of a pod").to.have.members([
      container.id,
    ]);
    const { items } = await rpc.listPodSandbox({ filter: { id: podSandboxId } });
    expect(
      items.map(({ id }) => id),
      "pods listed by the prefix of an id",
    ).to.have.members([sandbox.id]);

    const { stdout } = await rpc.execSync({ containerId, cmd: ["echo", "hello"] });
    expect(Buffer.from(stdout).toString(), "stdout of ExecSync by prefix").to.equal("hello\n");
    await rpc.stopContainer({ containerId, timeout: 10n });
    expect(await container.status(), "ContainerStatus after StopContainer by prefix").to.have.fields({
      state: ContainerState.CONTAINER_EXITED,
    });
  },
);
