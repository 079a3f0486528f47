import type { CriRpc } from "../cri/client.js";
import { PodSandboxState } from "../cri/gen/runtime/v1/api_pb.js";
import { RpcError } from "../cri/rpc-error.js";
import type { PodSandboxInit } from "./pod-options.js";
import { removeSandboxes } from "./removal.js";

/** A pod sandbox with the default configuration that specs use one after the other. */
export interface BorrowedSandbox {
  readonly id: string;
  /** The configuration it was made with. */
  readonly config: PodSandboxInit;
}

/**
 * Hands running sandboxes from spec to spec, never one to two at a time. For most specs about containers any sandbox will do,
 * as for the kubelet, whose pods see one container after the other; and a sandbox costs a runtime twice as much as a container in it:
 * 157 ms of processor time from RunPodSandbox to RemovePodSandbox against 78 ms (containerd 2.1 with runc).
 */
export class SandboxPool {
  readonly #idle: BorrowedSandbox[] = [];
  readonly #ids = new Set<string>();
  readonly #lastUsers = new Map<string, string>();

  /** @param rpc how the pool looks after its sandboxes; not part of any spec */
  constructor(private readonly rpc: CriRpc) {}

  /** True for a sandbox that the pool will hand out again, whoever has it now. */
  holds(id: string): boolean {
    return this.#ids.has(id);
  }

  /** A sandbox that is ready; undefined where there is none. One that ended by itself is removed at the end of the run. */
  async take(): Promise<BorrowedSandbox | undefined> {
    for (let sandbox = this.#idle.pop(); sandbox; sandbox = this.#idle.pop()) {
      if (await this.#isReady(sandbox.id)) return sandbox;
    }
    return undefined;
  }

  async #isReady(podSandboxId: string): Promise<boolean> {
    try {
      const { status } = await this.rpc.podSandboxStatus({ podSandboxId });
      return status?.state === PodSandboxState.SANDBOX_READY;
    } catch (error) {
      if (error instanceof RpcError) return false;
      throw error;
    }
  }

  /** Takes a sandbox without containers, for the next spec. */
  putBack(sandbox: BorrowedSandbox): void {
    this.#ids.add(sandbox.id);
    this.#idle.push(sandbox);
  }

  /** Forgets a sandbox that a spec stopped or left in disorder: whoever has it removes it. */
  giveUp(id: string, specId: string): void {
    if (this.#ids.delete(id)) this.#lastUsers.set(id, specId);
  }

  /** The spec on whose account a sandbox was given up, which another one may have made; undefined for any other sandbox. */
  lastUser(id: string): string | undefined {
    return this.#lastUsers.get(id);
  }

  /** Removes the sandboxes of the pool and returns what went wrong, one line each. */
  async drain(): Promise<string[]> {
    const trouble = await removeSandboxes(this.rpc, this.#ids);
    this.#ids.clear();
    return trouble;
  }
}
