import { setTimeout as sleep } from "node:timers/promises";
import { CriConnection, type CriRpc } from "../../src/cri/client.js";
import { parseEndpoint } from "../../src/cri/endpoint.js";
import { NamespaceMode } from "../../src/cri/gen/runtime/v1/api_pb.js";
import { loadImageCatalogue, type ImageCatalogue } from "../../src/images/catalogue.js";
import { startHermeticImages } from "../../src/images/hermetic-images.js";

/** Pods of somebody else on a runtime, each with a running container, and a look at all that the runtime has. */
export class ForeignPods implements AsyncDisposable {
  private constructor(
    private readonly connection: CriConnection,
    private readonly rpc: CriRpc,
    private readonly image: string,
  ) {}

  /** Pulls an image from a registry of its own, which is gone afterwards, and starts the pods. */
  static async start(endpoint: string, count: number): Promise<ForeignPods> {
    const connection = new CriConnection(parseEndpoint(endpoint));
    try {
      const rpc = connection.rpc({ timeoutMs: 60_000 });
      const registry = await startHermeticImages({ catalogue: await ownImage("shop") });
      const image = registry.reference("shop");
      await rpc.pullImage({ image: { image } }).finally(() => registry.close());
      const pods = new ForeignPods(connection, rpc, image);
      for (let index = 0; index < count; index++) await pods.#add(`web-${index}`);
      return pods;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** Every pod, container and image of the runtime, with what changes when one is touched. */
  async everything(): Promise<{ pods: string[]; containers: string[]; images: string[] }> {
    const [{ items }, { containers }, { images }] = await Promise.all([
      this.rpc.listPodSandbox({}),
      this.rpc.listContainers({}),
      this.rpc.listImages({}),
    ]);
    const statuses = await Promise.all(containers.map(({ id }) => this.rpc.containerStatus({ containerId: id })));
    return {
      pods: items.map(({ id, state }) => `${id} ${state}`).sort(),
      containers: statuses.map(({ status }) => `${status?.id} ${status?.state} since ${status?.startedAt}`).sort(),
      images: images.flatMap(({ repoTags }) => repoTags).sort(),
    };
  }

  /** Waits until so many pods of others have been seen since the call, those that are gone again included. */
  async untilOthers(count: number, signal: AbortSignal): Promise<void> {
    const known = new Set(await this.#podIds());
    const started = known.size;
    while (known.size < started + count && !signal.aborted) {
      for (const id of await this.#podIds()) known.add(id);
      await sleep(20);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.connection.close();
    return Promise.resolve();
  }

  async #podIds(): Promise<string[]> {
    return (await this.rpc.listPodSandbox({})).items.map(({ id }) => id);
  }

  async #add(name: string): Promise<void> {
    const config = {
      metadata: { name, uid: name, namespace: "shop", attempt: 0 },
      labels: { app: "web" },
      linux: { cgroupParent: "/shop", securityContext: { namespaceOptions: { network: NamespaceMode.NODE } } },
    };
    const { podSandboxId } = await this.rpc.runPodSandbox({ config });
    const { containerId } = await this.rpc.createContainer({
      podSandboxId,
      sandboxConfig: config,
      config: {
        metadata: { name: "web", attempt: 0 },
        image: { image: this.image },
        command: ["/bin/sleep", "100000"],
      },
    });
    await this.rpc.startContainer({ containerId });
  }
}

/** An image whose id none of the suite's has: a runtime removes all names of an id at once. */
async function ownImage(name: string): Promise<ImageCatalogue> {
  const web = (await loadImageCatalogue()).get("web")!;
  return new Map([[name, { ...web, name, config: { ...web.config, Labels: { owner: name } } }]]);
}
