import type { CriRpc } from "../cri/client.js";
import { NamespaceMode } from "../cri/gen/runtime/v1/api_pb.js";
import { IDLE } from "./commands.js";
import type { Container } from "./container.js";
import { mergeInit } from "./merge.js";
import type { Names } from "./ownership.js";
import type { ContainerInit, ContainerOptions, PodOptions, PodSandboxInit } from "./pod-options.js";
import { PodSandbox } from "./pod-sandbox.js";
import type { BorrowedSandbox } from "./sandbox-pool.js";

/** What a runtime client needs from the run. */
export interface RuntimeClientParts {
  rpc: CriRpc;
  names: Names;
  /** Runtime handler of the run; empty for the runtime's default. */
  handler: string;
  cgroupDriver: "cgroupfs" | "systemd";
  /** Makes the reference of a declared test image available on the runtime. */
  ensureImage: (name: string) => Promise<string>;
  /** Makes a log directory on the node. */
  logDirectory: () => Promise<string>;
  /** A sandbox that an earlier spec left in order; undefined where there is none. Default: there never is. */
  takeSandbox?: () => Promise<BorrowedSandbox | undefined>;
  /** Told of a sandbox that need not be removed with the spec. Default: nobody has to know. */
  lendSandbox?: (sandbox: BorrowedSandbox) => void;
}

/**
 * The runtime as a spec uses it: sandboxes and containers with sensible defaults, unique names and owner labels.
 * Each call must succeed; a call that fails ends the spec as failed, with the code and the runtime's words.
 */
export class RuntimeClient {
  constructor(private readonly parts: RuntimeClientParts) {}

  get rpc(): CriRpc {
    return this.parts.rpc;
  }

  get handler(): string {
    return this.parts.handler;
  }

  /** A pod sandbox configuration with defaults: own name, uid and labels, a log directory, the kubelet's namespaces. */
  async podConfig(options: PodOptions = {}): Promise<PodSandboxInit> {
    const { names, cgroupDriver } = this.parts;
    const { runtimeHandler: _handler, ...overrides } = options;
    const name = names.next();
    const onNodeNetwork = overrides.linux?.securityContext?.namespaceOptions?.network === NamespaceMode.NODE;
    const defaults: PodSandboxInit = {
      metadata: { name, uid: names.uid(), namespace: "critique", attempt: 0 },
      // A pod on the node's network has the node's host name; runtimes refuse another one.
      hostname: onNodeNetwork ? "" : name.slice(0, 63),
      logDirectory: await this.parts.logDirectory(),
      labels: names.labels,
      linux: {
        // A systemd driver refuses a parent that is no slice.
        cgroupParent: cgroupDriver === "systemd" ? "critique.slice" : "",
        securityContext: {
          // What the kubelet asks for when a pod says nothing.
          namespaceOptions: { network: NamespaceMode.POD, pid: NamespaceMode.CONTAINER, ipc: NamespaceMode.POD },
        },
      },
    };
    return mergeInit(defaults, overrides);
  }

  /** RunPodSandbox. */
  async runSandbox(options: PodOptions = {}): Promise<PodSandbox> {
    const config = await this.podConfig(options);
    return this.runSandboxWith(config, options.runtimeHandler);
  }

  /** RunPodSandbox with exactly this configuration. */
  async runSandboxWith(config: PodSandboxInit, runtimeHandler: string = this.parts.handler): Promise<PodSandbox> {
    const { podSandboxId } = await this.rpc.runPodSandbox({ config, runtimeHandler });
    return new PodSandbox(this, podSandboxId, config);
  }

  /**
   * A running sandbox with the default configuration: one that an earlier spec left in order and without containers, or a new
   * one. For specs about containers; a spec that judges or changes the sandbox runs its own.
   */
  async borrowSandbox(): Promise<PodSandbox> {
    const left = await this.parts.takeSandbox?.();
    const sandbox = left ? new PodSandbox(this, left.id, left.config) : await this.runSandbox();
    this.parts.lendSandbox?.(sandbox);
    return sandbox;
  }

  /** A container configuration with defaults: busybox that idles, own name, a log file, the pod's namespaces. */
  async containerConfig(pod: PodSandboxInit, options: ContainerOptions = {}): Promise<ContainerInit> {
    const { image = "busybox", ...overrides } = options;
    const name = this.parts.names.next();
    const defaults: ContainerInit = {
      metadata: { name, attempt: 0 },
      image: typeof image === "string" ? { image: await this.ensureImage(image) } : image,
      command: IDLE,
      labels: this.parts.names.labels,
      logPath: `${name}.log`,
      linux: { securityContext: { namespaceOptions: pod.linux?.securityContext?.namespaceOptions ?? {} } },
    };
    return mergeInit(defaults, overrides);
  }

  /** A running container: in a sandbox of its own with `pod`, otherwise in a borrowed one. */
  async startContainer(options: ContainerOptions & { pod?: PodOptions } = {}): Promise<Container> {
    const { pod, ...container } = options;
    const sandbox = await (pod ? this.runSandbox(pod) : this.borrowSandbox());
    return sandbox.startContainer(container);
  }

  /** Makes a declared test image available and returns its reference. */
  ensureImage(name: string): Promise<string> {
    return this.parts.ensureImage(name);
  }
}
