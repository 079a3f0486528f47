import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import type { CriConnection, CriRpc } from "../cri/client.js";
import {
  CgroupDriver,
  type RuntimeHandler,
  type StatusResponse,
  type VersionResponse,
} from "../cri/gen/runtime/v1/api_pb.js";
import { METHODS, type MethodKey, type RpcName } from "../cri/methods.js";
import { RpcError } from "../cri/rpc-error.js";
import { readHostFacts, type HostFacts } from "./host-facts.js";
import { sharesMounts } from "./mount-namespace.js";

/** What is known of the runtime and the host before the first spec. */
export interface Probe {
  version: VersionResponse;
  /** Reply of Status with verbose set. */
  status: StatusResponse;
  /** The handler entry that pods of this run use, where the runtime lists handlers. */
  handler: RuntimeHandler | undefined;
  /** RPCs that answered Unimplemented to a harmless request. */
  unimplemented: Set<RpcName>;
  cgroupDriver: "cgroupfs" | "systemd";
  host: HostFacts;
  /** The endpoint is a socket on this machine, so the suite can prepare and read files that pods use. */
  local: boolean;
  /** The runtime sees the mounts that the suite makes, and the suite those of the runtime. */
  sharesMounts: boolean;
  /** Pod sandboxes that were there when the run began, when the suite had none; undefined where the runtime did not say. */
  otherSandboxes: number | undefined;
  /** Ids and names of the images that were there when the run began, when the suite had none. */
  otherImages: ReadonlySet<string>;
}

/** Answers within this time or is taken as implemented: an event stream says nothing until something happens. */
const STREAM_PROBE_MS = 250;

/**
 * Asks the runtime what it is and what it answers, with requests that change nothing: every id is random, so no
 * object of another user can be meant.
 * @throws RpcError when Version or Status fails
 */
export async function probeRuntime(connection: CriConnection, handler: string): Promise<Probe> {
  const rpc = connection.rpc({ timeoutMs: 10_000 });
  const { socketPath } = connection.runtimeEndpoint;
  const [version, status, sandboxes, images, unimplemented, host, mountsShared] = await Promise.all([
    rpc.version({}),
    rpc.status({ verbose: true }),
    rpc.listPodSandbox({}).catch(() => undefined),
    rpc.listImages({}).catch(() => ({ images: [] })),
    findUnimplemented(rpc),
    readHostFacts(),
    socketPath !== undefined && sharesMounts(socketPath),
  ]);
  return {
    version,
    status,
    handler: status.runtimeHandlers.find((entry) => entry.name === handler),
    unimplemented,
    cgroupDriver: await cgroupDriver(rpc, status, unimplemented),
    host,
    local: socketPath !== undefined && existsSync(socketPath),
    sharesMounts: mountsShared,
    otherSandboxes: sandboxes?.items.length,
    otherImages: new Set(images.images.flatMap(({ id, repoTags, repoDigests }) => [id, ...repoTags, ...repoDigests])),
  };
}

async function findUnimplemented(rpc: CriRpc): Promise<Set<RpcName>> {
  const id = randomBytes(32).toString("hex");
  const podSandboxId = id;
  const containerId = id;
  const unary: [MethodKey, () => Promise<unknown>][] = [
    ["updateContainerResources", () => rpc.updateContainerResources({ containerId, linux: {} })],
    ["reopenContainerLog", () => rpc.reopenContainerLog({ containerId })],
    ["containerStats", () => rpc.containerStats({ containerId })],
    ["podSandboxStats", () => rpc.podSandboxStats({ podSandboxId })],
    ["listPodSandboxStats", () => rpc.listPodSandboxStats({ filter: { id } })],
    ["checkpointContainer", () => rpc.checkpointContainer({ containerId, location: "/nonexistent/critique" })],
    ["checkpointPod", () => rpc.checkpointPod({ podSandboxId, outputPath: "/nonexistent/critique" })],
    ["restorePod", () => rpc.restorePod({ checkpointPath: "/nonexistent/critique" })],
    ["listMetricDescriptors", () => rpc.listMetricDescriptors({})],
    ["listPodSandboxMetrics", () => rpc.listPodSandboxMetrics({})],
    ["runtimeConfig", () => rpc.runtimeConfig({})],
    ["updatePodSandboxResources", () => rpc.updatePodSandboxResources({ podSandboxId })],
    ["imageFsInfo", () => rpc.imageFsInfo({})],
  ];
  const streams: [MethodKey, (signal: AbortSignal) => AsyncGenerator<unknown>][] = [
    ["getContainerEvents", (signal) => rpc.getContainerEvents({}, { signal })],
    ["streamPodSandboxes", (signal) => rpc.streamPodSandboxes({ filter: { id } }, { signal })],
    ["streamContainers", (signal) => rpc.streamContainers({ filter: { id } }, { signal })],
    ["streamContainerStats", (signal) => rpc.streamContainerStats({ filter: { id } }, { signal })],
    ["streamPodSandboxStats", (signal) => rpc.streamPodSandboxStats({ filter: { id } }, { signal })],
    ["streamPodSandboxMetrics", (signal) => rpc.streamPodSandboxMetrics({}, { signal })],
    [
      "streamImages",
      (signal) => rpc.streamImages({ filter: { image: { image: `critique.invalid/${id}` } } }, { signal }),
    ],
  ];
  const found = new Set<RpcName>();
  const note = (key: MethodKey) => (error: unknown) => {
    if (error instanceof RpcError && error.is("Unimplemented")) found.add(METHODS[key].name as RpcName);
  };
  await Promise.all([
    ...unary.map(([key, call]) => call().catch(note(key))),
    ...streams.map(([key, open]) => drain(open(AbortSignal.timeout(STREAM_PROBE_MS))).catch(note(key))),
  ]);
  return found;
}

async function drain(stream: AsyncGenerator<unknown>): Promise<void> {
  for await (const _message of stream);
}

/**
 * RuntimeConfig says which cgroup driver is in use; a runtime without it may say so in its verbose status
 * (containerd: `SystemdCgroup`; CRI-O names it in its configuration). Otherwise cgroupfs, the default of both.
 */
async function cgroupDriver(
  rpc: CriRpc,
  status: StatusResponse,
  unimplemented: Set<RpcName>,
): Promise<Probe["cgroupDriver"]> {
  if (!unimplemented.has("RuntimeConfig")) {
    const reply = await rpc.runtimeConfig({}).catch(() => undefined); // ERR-004 and RTI-007 judge it
    if (reply?.linux) return reply.linux.cgroupDriver === CgroupDriver.SYSTEMD ? "systemd" : "cgroupfs";
  }
  const systemd = /"SystemdCgroup":\s*true|cgroup_manager\W+systemd/i.test(Object.values(status.info).join("\n"));
  return systemd ? "systemd" : "cgroupfs";
}
