import type { CriRpc } from "../../src/cri/client.js";
import { NamespaceMode } from "../../src/cri/gen/runtime/v1/api_pb.js";

/** One pod on the host's network, for looking into images. */
export class CriPod {
  readonly #config = {
    metadata: { name: "registry-test", uid: "registry-test", namespace: "lab-test", attempt: 0 },
    linux: {
      cgroupParent: "/lab-test",
      securityContext: { namespaceOptions: { network: NamespaceMode.NODE } },
    },
  };
  #attempts = 0;

  private constructor(
    private readonly cri: CriRpc,
    private readonly podSandboxId: string,
  ) {}

  static async run(cri: CriRpc): Promise<CriPod> {
    const pod = new CriPod(cri, "");
    const { podSandboxId } = await cri.runPodSandbox({ config: pod.#config });
    return new CriPod(cri, podSandboxId);
  }

  /** Runs a shell script in a container of the image and returns what it prints; the container is removed. */
  async inspect(image: string, script: string, security: object = {}): Promise<string> {
    this.#attempts += 1;
    const { containerId } = await this.cri.createContainer({
      podSandboxId: this.podSandboxId,
      sandboxConfig: this.#config,
      config: {
        metadata: { name: "inspector", attempt: this.#attempts },
        image: { image },
        command: ["/bin/sleep", "1000"],
        linux: { securityContext: security },
      },
    });
    try {
      await this.cri.startContainer({ containerId });
      const { stdout, stderr } = await this.cri.execSync({ containerId, cmd: ["/bin/sh", "-c", script], timeout: 30n });
      return Buffer.concat([stdout, stderr]).toString();
    } finally {
      await this.cri.removeContainer({ containerId });
    }
  }
}
