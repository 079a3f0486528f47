import type { PodSandboxStatus, PodSandboxStatusResponse } from "../cri/gen/runtime/v1/api_pb.js";
import type { CriRpc } from "../cri/client.js";
import { Container } from "./container.js";
import { ExpectationFailed } from "./outcome.js";
import type { ContainerInit, ContainerOptions, PodSandboxInit } from "./pod-options.js";

/** What a sandbox needs to make containers. */
export interface ContainerFactory {
  readonly rpc: CriRpc;
  /** A container configuration with defaults. */
  containerConfig(pod: PodSandboxInit, options: ContainerOptions): Promise<ContainerInit>;
}

/** A pod sandbox that a spec made. */
export class PodSandbox {
  constructor(
    private readonly factory: ContainerFactory,
    readonly id: string,
    /** The configuration it was made with; CreateContainer takes it again. */
    readonly config: PodSandboxInit,
  ) {}

  /** PodSandboxStatus, whole. */
  statusResponse(verbose = false): Promise<PodSandboxStatusResponse> {
    return this.factory.rpc.podSandboxStatus({ podSandboxId: this.id, verbose });
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
    await this.factory.rpc.stopPodSandbox({ podSandboxId: this.id });
  }

  /** RemovePodSandbox. */
  async remove(): Promise<void> {
    await this.factory.rpc.removePodSandbox({ podSandboxId: this.id });
  }

  /** CreateContainer. */
  async createContainer(options: ContainerOptions = {}): Promise<Container> {
    const config = await this.factory.containerConfig(this.config, options);
    const { containerId } = await this.factory.rpc.createContainer({
      podSandboxId: this.id,
      config,
      sandboxConfig: this.config,
    });
    return new Container(this.factory.rpc, this, containerId, config);
  }

  /** CreateContainer, then StartContainer. */
  async startContainer(options: ContainerOptions = {}): Promise<Container> {
    const container = await this.createContainer(options);
    await container.start();
    return container;
  }
}
