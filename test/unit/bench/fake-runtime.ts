import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CriRpc } from "../../../src/cri/client.js";
import { ContainerEventType } from "../../../src/cri/gen/runtime/v1/api_pb.js";
import { RpcError } from "../../../src/cri/rpc-error.js";

interface Request {
  config?: { logDirectory?: string; logPath?: string; labels?: Record<string, string>; image?: { image: string } };
  podSandboxId?: string;
  containerId?: string;
  image?: { image: string };
  filter?: { labelSelector?: Record<string, string> };
}

interface FakePod {
  logFolder: string;
  labels: Record<string, string>;
}

interface FakeContainer {
  podSandboxId: string;
  logFile: string;
  running: boolean;
}

/** A runtime in memory: enough of one for the scenarios, and one that can be told to fail at a certain call. */
export class FakeRuntime {
  readonly pods = new Map<string, FakePod>();
  readonly containers = new Map<string, FakeContainer>();
  readonly images = new Set<string>();
  readonly calls: string[] = [];
  /** The call, counted from 0, that fails without having done anything. */
  failAt: number | undefined;
  unimplemented: string[] = [];
  #ids = 0;
  readonly #events = new Map<string, (containerId: string) => void>();

  /** The client's side. */
  readonly rpc = new Proxy({} as CriRpc, {
    get: (_, method: string) => {
      if (method === "getContainerEvents")
        return (_request: unknown, options: { signal: AbortSignal }) => this.#stream(options);
      return (request: Request) => Promise.resolve().then(() => this.#call(method, request));
    },
  });

  #call(method: string, request: Request): unknown {
    this.calls.push(method);
    if (this.calls.length - 1 === this.failAt) throw new RpcError(method, 13, "injected", false);
    const handler = (this as unknown as Record<string, ((request: Request) => unknown) | undefined>)[method];
    if (!handler || this.unimplemented.includes(method))
      throw new RpcError(method, 12, `unknown method ${method}`, false);
    return handler.call(this, request);
  }

  runPodSandbox({ config }: Request) {
    const podSandboxId = `pod-${++this.#ids}`;
    this.pods.set(podSandboxId, { logFolder: config!.logDirectory!, labels: config!.labels! });
    return { podSandboxId };
  }

  podSandboxStatus({ podSandboxId }: Request) {
    this.#pod(podSandboxId);
    return {};
  }

  stopPodSandbox({ podSandboxId }: Request) {
    for (const container of this.containers.values()) {
      if (container.podSandboxId === podSandboxId) container.running = false;
    }
    return {};
  }

  removePodSandbox({ podSandboxId }: Request) {
    this.pods.delete(podSandboxId!);
    for (const [id, container] of this.containers) {
      if (container.podSandboxId === podSandboxId) this.containers.delete(id);
    }
    return {};
  }

  listPodSandbox({ filter }: Request) {
    const wanted = Object.entries(filter?.labelSelector ?? {});
    const items = [...this.pods].filter(([, { labels }]) => wanted.every(([key, value]) => labels[key] === value));
    return { items: items.map(([id, { labels }]) => ({ id, labels })) };
  }

  createContainer({ podSandboxId, config }: Request) {
    const containerId = `container-${++this.#ids}`;
    const logFile = join(this.#pod(podSandboxId).logFolder, config!.logPath!);
    this.containers.set(containerId, { podSandboxId: podSandboxId!, logFile, running: false });
    return { containerId };
  }

  startContainer({ containerId }: Request) {
    const container = this.#container(containerId);
    container.running = true;
    writeFileSync(
      container.logFile,
      "2024-01-02T03:04:05Z stdout F ready\n2024-01-02T03:04:06Z stdout F critique-log-ends-here\n",
    );
    for (const tell of this.#events.values()) tell(containerId!);
    return {};
  }

  containerStatus({ containerId }: Request) {
    this.#container(containerId);
    return {};
  }

  stopContainer({ containerId }: Request) {
    this.#container(containerId).running = false;
    return {};
  }

  removeContainer({ containerId }: Request) {
    this.containers.delete(containerId!);
    return {};
  }

  execSync({ containerId }: Request) {
    if (!this.#container(containerId).running) throw new RpcError("ExecSync", 2, "not running", false);
    return { exitCode: 0, stdout: new Uint8Array(), stderr: new Uint8Array() };
  }

  listContainers() {
    return { containers: [...this.containers] };
  }

  listContainerStats() {
    return { stats: [...this.containers].filter(([, { running }]) => running) };
  }

  pullImage({ image }: Request) {
    this.images.add(image!.image);
    return {};
  }

  imageStatus({ image }: Request) {
    return { image: this.images.has(image!.image) ? {} : undefined };
  }

  listImages() {
    return { images: [...this.images] };
  }

  removeImage({ image }: Request) {
    this.images.delete(image!.image);
    return {};
  }

  async *#stream({ signal }: { signal: AbortSignal }) {
    this.calls.push("getContainerEvents");
    if (this.calls.length - 1 === this.failAt) throw new RpcError("GetContainerEvents", 13, "injected", false);
    if (this.unimplemented.includes("getContainerEvents"))
      throw new RpcError("GetContainerEvents", 12, "unknown", false);
    const queue: string[] = [];
    let wake = () => {};
    this.#events.set(`${++this.#ids}`, (containerId) => {
      queue.push(containerId);
      wake();
    });
    signal.addEventListener("abort", () => wake());
    while (!signal.aborted) {
      for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
        yield { containerId: id, containerEventType: ContainerEventType.CONTAINER_CREATED_EVENT };
        yield { containerId: id, containerEventType: ContainerEventType.CONTAINER_STARTED_EVENT };
      }
      if (!signal.aborted) await new Promise<void>((resolve) => (wake = resolve));
    }
  }

  #pod(id: string | undefined): FakePod {
    const pod = this.pods.get(id!);
    if (!pod) throw new RpcError("?", 5, `no pod ${id}`, false);
    return pod;
  }

  #container(id: string | undefined): FakeContainer {
    const container = this.containers.get(id!);
    if (!container) throw new RpcError("?", 5, `no container ${id}`, false);
    return container;
  }
}
