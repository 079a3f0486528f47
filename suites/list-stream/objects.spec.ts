import {
  behaviour,
  ContainerState,
  expect,
  PodSandboxState,
  type CriRpc,
  type Image,
} from "../../src/harness/index.js";
import { collected, ENDS_WITHIN_MS, expectSame, idOf } from "./collected.js";

type ContainerFilter = NonNullable<Parameters<CriRpc["listContainers"]>[0]["filter"]>;
type SandboxFilter = NonNullable<Parameters<CriRpc["listPodSandbox"]>[0]["filter"]>;

const streamContainers = (rpc: CriRpc, filter?: ContainerFilter) =>
  collected(
    "StreamContainers",
    rpc.streamContainers(filter ? { filter } : {}, { timeoutMs: ENDS_WITHIN_MS }),
    ({ containers }) => containers,
  );
const streamSandboxes = (rpc: CriRpc, filter?: SandboxFilter) =>
  collected(
    "StreamPodSandboxes",
    rpc.streamPodSandboxes(filter ? { filter } : {}, { timeoutMs: ENDS_WITHIN_MS }),
    ({ podSandboxes }) => podSandboxes,
  );

behaviour(
  "LST-001",
  {
    title: "StreamPodSandboxes and StreamContainers return the same set as their unary calls",
    level: "optional",
    rpcs: ["StreamPodSandboxes", "StreamContainers", "ListPodSandbox", "ListContainers"],
    clause: "StreamPodSandboxes, StreamContainers: the unary list in pieces, none of them empty (KEP-5825)",
    needs: ["list-streams"],
  },
  async ({ runtime, rpc, names }) => {
    const labels = { round: names.next() };
    const sandboxes = await Promise.all([0, 1, 2].map(() => runtime.runSandbox({ labels })));
    await Promise.all(sandboxes.flatMap((sandbox) => [0, 1].map(() => sandbox.createContainer({ labels }))));
    // Unfiltered, as the kubelet's relist asks; objects of others come and go meanwhile.
    const own = <T extends { labels: Record<string, string> }>(items: readonly T[]): T[] =>
      items.filter((item) => item.labels["round"] === labels.round);

    const { items } = await rpc.listPodSandbox({});
    expectSame("StreamPodSandboxes", own(await streamSandboxes(rpc)), own(items), idOf);
    const { containers } = await rpc.listContainers({});
    expectSame("StreamContainers", own(await streamContainers(rpc)), own(containers), idOf);
  },
);

behaviour(
  "LST-002",
  {
    title: "StreamImages returns the same set as ListImages",
    level: "optional",
    rpcs: ["StreamImages", "ListImages"],
    clause: "StreamImages: ListImages in pieces, none of them empty (KEP-5825)",
    needs: ["list-streams"],
  },
  async ({ runtime, rpc }) => {
    await runtime.ensureImage("busybox");
    const listed = async () => (await rpc.listImages({})).images;
    const before = await listed();
    const streamed = await collected(
      "StreamImages",
      rpc.streamImages({}, { timeoutMs: ENDS_WITHIN_MS }),
      ({ images }) => images,
    );
    const after = await listed();

    // Other specs pull, tag and remove images meanwhile: what was the same before and after was so in between.
    const text = ({ id, repoTags, repoDigests, size }: Image) => [id, ...repoTags, ...repoDigests, size].join(" ");
    const afterwards = new Set(after.map(text));
    const steady = before.filter((image) => afterwards.has(text(image)));
    const ids = streamed.map(idOf);
    expect(
      ids.filter((id, index) => ids.indexOf(id) !== index),
      "images streamed twice",
    ).to.be.empty;
    const steadyIds = new Set(steady.map(idOf));
    const same = streamed.filter(({ id }) => steadyIds.has(id));
    expectSame("StreamImages", same, steady, idOf);
    const everListed = new Set([...before, ...after].map(idOf));
    expect(
      ids.filter((id) => !everListed.has(id)),
      "images streamed but never listed",
    ).to.be.empty;
  },
);

behaviour(
  "LST-004",
  {
    title: "Streams honour filters and finish with EOF even when empty",
    level: "optional",
    rpcs: ["StreamPodSandboxes", "StreamContainers", "StreamContainerStats"],
    clause: "Stream*: the filters of the unary calls; the stream ends by itself with status OK",
    needs: ["list-streams"],
  },
  async ({ runtime, rpc, names }) => {
    const a = names.next(); // a value of our own, so that objects of others never match
    const [ready, stopped] = await Promise.all([
      runtime.runSandbox({ labels: { a, b: "1" } }),
      runtime.runSandbox({ labels: { a } }),
    ]);
    const created = await ready.createContainer({ labels: { a, b: "1" } });
    const running = await ready.startContainer({ labels: { a } });
    const elsewhere = await stopped.createContainer({ labels: { a } });
    await stopped.stop();
    const sandboxes = async (filter: SandboxFilter) => (await streamSandboxes(rpc, filter)).map(idOf);
    const containers = async (filter: ContainerFilter) => (await streamContainers(rpc, filter)).map(idOf);

    expect(await sandboxes({ id: ready.id }), "sandboxes streamed by id").to.have.members([ready.id]);
    expect(await sandboxes({ labelSelector: { a } }), "sandboxes streamed by label").to.have.members([
      ready.id,
      stopped.id,
    ]);
    expect(
      await sandboxes({ labelSelector: { a }, state: { state: PodSandboxState.SANDBOX_NOTREADY } }),
      "sandboxes streamed by label and state",
    ).to.have.members([stopped.id]);
    expect(await sandboxes({ labelSelector: { a: "nobody's" } }), "sandboxes streamed of nobody").to.be.empty;

    expect(await containers({ id: created.id }), "containers streamed by id").to.have.members([created.id]);
    expect(await containers({ podSandboxId: stopped.id }), "containers streamed by pod").to.have.members([
      elsewhere.id,
    ]);
    expect(await containers({ labelSelector: { a, b: "1" } }), "containers streamed by labels").to.have.members([
      created.id,
    ]);
    expect(
      await containers({ podSandboxId: ready.id, state: { state: ContainerState.CONTAINER_RUNNING } }),
      "containers streamed by pod and state",
    ).to.have.members([running.id]);
    expect(await containers({ labelSelector: { a: "nobody's" } }), "containers streamed of nobody").to.be.empty;

    const stats = await collected(
      "StreamContainerStats",
      rpc.streamContainerStats({ filter: { labelSelector: { a: "nobody's" } } }, { timeoutMs: ENDS_WITHIN_MS }),
      ({ containerStats }) => containerStats,
    );
    expect(stats, "container stats streamed of nobody").to.be.empty;
  },
);

/** Enough to fill a server that keeps a worker or a buffer for each stream that nobody reads. */
const STREAMS = 50;

behaviour(
  "LST-005",
  {
    title: "An unfinished stream can be cancelled without effect on the runtime",
    level: "optional",
    rpcs: ["StreamContainers", "Status", "ListContainers"],
    clause: "StreamContainers: a client may leave at any time, as every gRPC stream allows",
    needs: ["list-streams"],
  },
  async ({ runtime, rpc, names }) => {
    const labels = { round: names.next() };
    const filter = { labelSelector: labels };
    const sandbox = await runtime.runSandbox({ labels });
    const created = await Promise.all([0, 1, 2].map(() => sandbox.createContainer({ labels })));

    await Promise.all(
      Array.from({ length: STREAMS }, async () => {
        for await (const { containers } of rpc.streamContainers({}, { timeoutMs: ENDS_WITHIN_MS })) {
          if (containers.length > 0) break; // leaving the loop cancels the stream
        }
      }),
    );

    const { status } = await rpc.status({});
    const ready = status?.conditions.find(({ type }) => type === "RuntimeReady");
    expect(ready, "condition RuntimeReady afterwards").to.have.fields({ status: true });
    const { containers } = await rpc.listContainers({ filter });
    expect(containers.map(idOf), "containers listed afterwards").to.have.members(created.map(idOf));
    expectSame("StreamContainers", await streamContainers(rpc, filter), containers, idOf);
  },
);
