import type { PodSandboxStatus, PodSandboxStatusResponse } from "../cri/gen/runtime/v1/api_pb.js";
import { Container } from "./container.js";
import { ExpectationFailed } from "./outcome.js";
import type { ContainerOptions, PodSandboxInit, RuntimeClient } from "./runtime-client.js";

/** A pod sandbox that a spec made. */
export class PodSandbox {
  constructor(
    readonly runtime: RuntimeClient,
    readonly id: string,
    /** The configuration it was made with; CreateContainer takes it again. */
    readonly config: PodSandboxInit,
  ) {}

  /** PodSandboxStatus, whole. */
  statusResponse(verbose = false): Promise<PodSandboxStatusResponse> {
    return this.runtime.rpc.podSandboxStatus({ podSandboxId: this.id, verbose });
  }

  /** PodSandboxStatus.status. */
  async status(): Promise<PodSandboxStatus> {
    const { status } = await this.statusResponse();
    if (!status)
      throw new ExpectationFailed({
        subject: "PodSandboxStatusResponse.status",
        expected: "to be present",
        seen: "absent",
      });
    return status;
  }

  /** StopPodSandbox. */
  async stop(): Promise<void> {
    await this.runtime.rpc.stopPodSandbox({ podSandboxId: this.id });
  }

  /** RemovePodSandbox. */
  async remove(): Promise<void> {
    await this.runtime.rpc.removePodSandbox({ podSandboxId: this.id });
  }

  /** CreateContainer. */
  async createContainer(options: ContainerOptions = {}): Promise<Container> {
    const config = await this.runtime.containerConfig(this.config, options);
    const { containerId } = await this.runtime.rpc.createContainer({
      podSandboxId: this.id,
      config,
      sandboxConfig: this.config,
    });
    return new Container(this, containerId, config);
  }

  /** CreateContainer, then StartContainer. */
  async startContainer(options: ContainerOptions = {}): Promise<Container> {
    const container = await this.createContainer(options);
    await container.start();
    return container;
  }
}
