import { CriConnection, type CriRpc } from "../../src/cri/client.js";
import { parseEndpoint } from "../../src/cri/endpoint.js";
import { NamespaceMode } from "../../src/cri/gen/runtime/v1/api_pb.js";
import { loadImageCatalogue } from "../../src/images/catalogue.js";
import { startHermeticImages } from "../../src/images/hermetic-images.js";
import { startLab, stopLab } from "../../src/lab/index.js";
import {
  openPortForwardSession,
  openStreamSession,
  type PortForwardOptions,
  type PortForwardSession,
  type StreamSession,
  type StreamSessionOptions,
} from "../../src/streaming/index.js";

/** A pod on the host's network in a containerd of its own, and sessions with it. */
export class StreamingPod implements AsyncDisposable {
  readonly #cleanUps: (() => unknown)[] = [];
  readonly #config = {
    metadata: { name: "streaming-test", uid: "streaming-test", namespace: "lab-test", attempt: 0 },
    linux: {
      cgroupParent: "/lab-test",
      securityContext: { namespaceOptions: { network: NamespaceMode.NODE } },
    },
  };
  #rpc!: CriRpc;
  #image = "";
  #podSandboxId = "";
  #containers = 0;
  #toolbox = "";

  /** @param containerdFolder another containerd than the host's. */
  static async start(containerdFolder: string | undefined): Promise<StreamingPod> {
    const pod = new StreamingPod();
    try {
      await pod.#start(containerdFolder);
    } catch (error) {
      await pod[Symbol.asyncDispose]();
      throw error;
    }
    return pod;
  }

  async #start(containerdFolder: string | undefined): Promise<void> {
    const lab = await startLab({
      ownedByThisProcess: true,
      handlers: ["runc"],
      ...(containerdFolder && { containerdFolder }),
    });
    this.#cleanUps.push(() => stopLab(lab.id));
    const connection = new CriConnection(parseEndpoint(lab.endpoint));
    this.#cleanUps.push(() => connection.close());
    this.#rpc = connection.rpc();
    const images = await startHermeticImages({ catalogue: await loadImageCatalogue() });
    this.#cleanUps.push(() => images.close());
    this.#image = images.reference("busybox");
    await this.#rpc.pullImage({ image: { image: this.#image } });
    const { podSandboxId } = await this.#rpc.runPodSandbox({ config: this.#config });
    this.#podSandboxId = podSandboxId;
    this.#cleanUps.push(async () => {
      await this.#rpc.stopPodSandbox({ podSandboxId });
      await this.#rpc.removePodSandbox({ podSandboxId });
    });
    this.#toolbox = await this.run(["sleep", "100000"]);
  }

  /** Starts a container and gives its id; it is removed with the pod. */
  async run(command: string[], io: { stdin?: boolean; stdinOnce?: boolean; tty?: boolean } = {}): Promise<string> {
    this.#containers += 1;
    const { containerId } = await this.#rpc.createContainer({
      podSandboxId: this.#podSandboxId,
      sandboxConfig: this.#config,
      config: {
        metadata: { name: `container-${this.#containers}`, attempt: 0 },
        image: { image: this.#image },
        command,
        linux: {},
        ...io,
      },
    });
    await this.#rpc.startContainer({ containerId });
    return containerId;
  }

  async exec(cmd: string[], options: StreamSessionOptions): Promise<StreamSession> {
    const { url } = await this.#rpc.exec({ containerId: this.#toolbox, cmd, ...flags(options) });
    return openStreamSession(url, options);
  }

  async attach(containerId: string, options: StreamSessionOptions): Promise<StreamSession> {
    const { url } = await this.#rpc.attach({ containerId, ...flags(options) });
    return openStreamSession(url, options);
  }

  async portForward(options: PortForwardOptions): Promise<PortForwardSession> {
    const { url } = await this.#rpc.portForward({
      podSandboxId: this.#podSandboxId,
      port: [...(options.ports ?? [])],
    });
    return openPortForwardSession(url, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const cleanUp of this.#cleanUps.reverse()) await cleanUp();
  }
}

function flags({ stdin = false, stdout = false, stderr = false, tty = false }: StreamSessionOptions) {
  return { stdin, stdout, stderr, tty };
}
