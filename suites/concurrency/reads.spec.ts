import {
  behaviour,
  ContainerState,
  expect,
  PodSandboxState,
  RpcError,
  type CriRpc,
  type PodSandbox,
} from "../../src/harness/index.js";

const WORKERS = 3;

/** Lives of a container that each worker goes through: some hundred lists go by meanwhile. */
const ROUNDS = 4;

behaviour(
  "CON-005",
  {
    title: "Reads are consistent during churn",
    level: "required",
    rpcs: ["ListContainers", "ListPodSandbox", "ContainerStatus", "PodSandboxStatus"],
    clause: "ContainerState, PodSandboxState: a list shows each object once, whole, in a state that only moves on",
    timeoutMs: 90_000,
  },
  async ({ runtime, rpc, names }) => {
    const labels = { round: names.next() };
    const doomed = new Set<string>();
    const watch = new ReadWatch(rpc, labels, doomed);
    const steady = await runtime.runSandbox({ labels });

    let isOver = false;
    const churn = Promise.all([
      ...Array.from({ length: WORKERS }, () => churnContainers(steady, labels, doomed)),
      churnSandboxes(),
    ]).finally(() => (isOver = true));
    churn.catch(() => undefined); // awaited below
    while (!isOver) await watch.look();
    await churn;

    expect(watch.faults, "what was wrong with lists and statuses").to.be.empty;
    // Else the lists saw nothing of the churn, and their being in order says nothing.
    expect(watch.seen, "containers and sandboxes seen in lists").to.be.above(WORKERS);

    async function churnSandboxes(): Promise<void> {
      for (let round = 0; round < ROUNDS; round++) {
        const sandbox = await runtime.runSandbox({ labels });
        await sandbox.stop();
        doomed.add(sandbox.id);
        await sandbox.remove();
      }
    }
  },
);

async function churnContainers(
  sandbox: PodSandbox,
  labels: Record<string, string>,
  doomed: Set<string>,
): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const container = await sandbox.startContainer({ labels });
    await container.stop({ gracePeriodS: 10 });
    doomed.add(container.id);
    await container.remove();
  }
}

/** Reads again and again as the kubelet's relist does, and notes whatever the contract does not allow. */
class ReadWatch {
  readonly faults: string[] = [];
  readonly #latest = new Map<string, number>();

  constructor(
    private readonly rpc: CriRpc,
    private readonly labels: Record<string, string>,
    /** Ids whose removal has been asked for. */
    private readonly doomed: ReadonlySet<string>,
  ) {}

  /** How many objects were seen. */
  get seen(): number {
    return this.#latest.size;
  }

  /** Lists everything, and asks the status of one container and one sandbox that were listed. */
  async look(): Promise<void> {
    const { containers } = await this.rpc.listContainers({});
    const { items } = await this.rpc.listPodSandbox({});
    const ownContainers = containers.filter((item) => this.#isOwn(item));
    const ownSandboxes = items.filter((item) => this.#isOwn(item));
    this.#repeats("ListContainers", containers);
    this.#repeats("ListPodSandbox", items);
    for (const { id, podSandboxId, createdAt, imageRef, state } of ownContainers) {
      if (id === "" || podSandboxId === "" || createdAt <= 0n || imageRef === "") {
        const shown = `id "${id}", pod_sandbox_id "${podSandboxId}", created_at ${createdAt}, image_ref "${imageRef}"`;
        this.faults.push(`ListContainers gave ${shown}`);
      }
      this.#container(id, state);
    }
    for (const { id, createdAt, metadata, state } of ownSandboxes) {
      if (id === "" || createdAt <= 0n || !metadata?.name) {
        this.faults.push(`ListPodSandbox gave id "${id}", created_at ${createdAt}, name "${metadata?.name ?? ""}"`);
      }
      this.#sandbox(id, state);
    }

    const containerId = ownContainers.at(-1)?.id;
    const podSandboxId = ownSandboxes.at(-1)?.id;
    if (containerId !== undefined) {
      const reply = await this.#unlessDoomed(containerId, this.rpc.containerStatus({ containerId }));
      if (reply?.status) this.#container(containerId, reply.status.state);
    }
    if (podSandboxId !== undefined) {
      const reply = await this.#unlessDoomed(podSandboxId, this.rpc.podSandboxStatus({ podSandboxId }));
      if (reply?.status) this.#sandbox(podSandboxId, reply.status.state);
    }
  }

  #isOwn({ labels }: { labels: Record<string, string> }): boolean {
    return labels["round"] === this.labels["round"];
  }

  #repeats(list: string, items: readonly { id: string }[]): void {
    const ids = items.map(({ id }) => id);
    for (const id of ids.filter((id, index) => ids.indexOf(id) !== index)) this.faults.push(`${list} gave ${id} twice`);
  }

  #container(id: string, state: ContainerState): void {
    if (state > ContainerState.CONTAINER_EXITED) this.faults.push(`container ${id} is ${ContainerState[state]}`);
    this.#advances(id, state, (value) => ContainerState[value]);
  }

  #sandbox(id: string, state: PodSandboxState): void {
    this.#advances(id, state, (value) => PodSandboxState[value]);
  }

  /** The values of both enumerations are in the order of a life. */
  #advances(id: string, state: number, name: (value: number) => string | undefined): void {
    const before = this.#latest.get(id) ?? state;
    if (state < before) this.faults.push(`${id} went from ${name(before)} to ${name(state)}`);
    this.#latest.set(id, state);
  }

  async #unlessDoomed<T>(id: string, call: Promise<T>): Promise<T | undefined> {
    return call.catch((error: unknown) => {
      if (!(error instanceof RpcError) || !error.is("NotFound")) throw error;
      if (!this.doomed.has(id)) this.faults.push(`${id} was listed, but its status is NotFound`);
      return undefined;
    });
  }
}
