import { randomBytes } from "node:crypto";
import { behaviour, expect, RpcError, type CriRpc } from "../../src/harness/index.js";

/** Long enough for an answer, short enough for a stream that says nothing until something happens. */
const ANSWER_MS = 10_000;
const SILENCE_MS = 500;

/** Words of a runtime that lacks something; the code must say so too. */
const LACK = /not (yet )?(implemented|supported)|(un|does not )(implemented?|supported?)|unknown method/i;

type Call = (rpc: CriRpc, id: string) => Promise<unknown>;

/** The RPCs without which the kubelet has another way, each asked for something that does not exist. */
const CALLS = {
  RuntimeConfig: (rpc) => rpc.runtimeConfig({}, within),
  PodSandboxStats: (rpc, id) => rpc.podSandboxStats({ podSandboxId: id }, within),
  ListPodSandboxStats: (rpc, id) => rpc.listPodSandboxStats({ filter: { id } }, within),
  ListMetricDescriptors: (rpc) => rpc.listMetricDescriptors({}, within),
  ListPodSandboxMetrics: (rpc) => rpc.listPodSandboxMetrics({}, within),
  UpdatePodSandboxResources: (rpc, id) => rpc.updatePodSandboxResources({ podSandboxId: id }, within),
  CheckpointContainer: (rpc, id) =>
    rpc.checkpointContainer({ containerId: id, location: `/nonexistent/${id}` }, within),
  CheckpointPod: (rpc, id) => rpc.checkpointPod({ podSandboxId: id, outputPath: `/nonexistent/${id}` }, within),
  RestorePod: (rpc, id) => rpc.restorePod({ checkpointPath: `/nonexistent/${id}` }, within),
  StreamPodSandboxes: (rpc, id) => drain(rpc.streamPodSandboxes({ filter: { id } }, within)),
  StreamContainers: (rpc, id) => drain(rpc.streamContainers({ filter: { id } }, within)),
  StreamContainerStats: (rpc, id) => drain(rpc.streamContainerStats({ filter: { id } }, within)),
  StreamPodSandboxStats: (rpc, id) => drain(rpc.streamPodSandboxStats({ filter: { id } }, within)),
  StreamPodSandboxMetrics: (rpc) => drain(rpc.streamPodSandboxMetrics({}, within)),
  StreamImages: (rpc, id) =>
    drain(rpc.streamImages({ filter: { image: { image: `critique.invalid/${id}` } } }, within)),
  GetContainerEvents: (rpc) => drain(rpc.getContainerEvents({}, { signal: AbortSignal.timeout(SILENCE_MS) })),
} as const satisfies Record<string, Call>;

const within = { timeoutMs: ANSWER_MS };

async function drain(stream: AsyncGenerator<unknown>): Promise<void> {
  for await (const _message of stream);
}

behaviour(
  "ERR-004",
  {
    title: "Unimplemented RPCs say so",
    level: "required",
    rpcs: [
      "CheckpointPod",
      "RestorePod",
      "StreamPodSandboxes",
      "StreamContainers",
      "RuntimeConfig",
      "ListMetricDescriptors",
      "GetContainerEvents",
    ],
    clause: "gRPC status Unimplemented: the kubelet falls back to what it did before the RPC existed only on that code",
    locks: ["event-stream"],
  },
  async ({ rpc, note }) => {
    const id = randomBytes(32).toString("hex");
    const lacking: string[] = [];
    await Promise.all(
      Object.entries<Call>(CALLS).map(async ([name, call]) => {
        const error = await errorOf(call(rpc, id));
        if (error === undefined || (error.local && name === "GetContainerEvents")) return;
        if (error.local) throw error; // no answer
        if (error.is("Unimplemented")) {
          lacking.push(name);
        } else if (LACK.test(error.details)) {
          expect(`${error.codeName}: ${error.details}`, `answer of ${name}`).to.equal("Unimplemented");
        }
      }),
    );
    note(`not implemented: ${lacking.sort().join(", ") || "none"}`);
  },
);

async function errorOf(call: Promise<unknown>): Promise<RpcError | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return error;
  }
}
