import {
  ImageService,
  RuntimeService,
  type CreateContainerRequest,
  type PullImageRequest,
} from "../cri/gen/runtime/v1/api_pb.js";
import type { CallRecord, CriRpc } from "../cri/client.js";
import { RpcError } from "../cri/rpc-error.js";
import { ownedSandboxes } from "./ownership.js";
import { STEP_TIMEOUT_MS, untilDone } from "./removal.js";
import type { BorrowedSandbox, SandboxPool } from "./sandbox-pool.js";

/** After one of these a sandbox is not what the next spec expects. */
const SANDBOX_CHANGES: ReadonlySet<CallRecord["desc"]> = new Set([
  RuntimeService.method.stopPodSandbox,
  RuntimeService.method.removePodSandbox,
  RuntimeService.method.updatePodSandboxResources,
  RuntimeService.method.checkpointPod,
]);

/**
 * Watches the calls of one spec and removes what they created, newest first. It sees every call, those that a spec
 * makes directly included, so a spec cannot forget to clean up.
 */
export class Cleanup {
  readonly #sandboxes = new Set<string>();
  readonly #borrowed = new Map<string, BorrowedSandbox>();
  readonly #containers = new Map<string, string>();
  /** Pulled images, by reference, and what PullImage said each is. */
  readonly #images = new Map<string, string>();
  readonly #steps: (() => Promise<void>)[] = [];
  readonly #lastSteps: (() => Promise<void>)[] = [];
  #unanswered = false;

  constructor(
    private readonly rpc: CriRpc,
    private readonly runId: string,
    private readonly specId: string,
    /** Images that a spec's clean-up leaves: those that the whole run shares, and those that the node had before. */
    private readonly isKept: (reference: string, imageRef: string) => boolean,
    private readonly pool?: SandboxPool,
  ) {}

  /** Adds a step of the spec's own, run before the runtime's objects are removed. */
  defer(step: () => Promise<void>): void {
    this.#steps.push(step);
  }

  /** Adds a step of the spec's own, run after the runtime's objects are removed. */
  deferLast(step: () => Promise<void>): void {
    this.#lastSteps.push(step);
  }

  /** Told of a sandbox that goes back to the pool when all has gone well. */
  borrow(sandbox: BorrowedSandbox): void {
    this.#sandboxes.add(sandbox.id);
    if (this.pool) this.#borrowed.set(sandbox.id, sandbox);
  }

  /** Told of every call that ended. */
  observe(call: CallRecord): void {
    const { desc, code, request } = call;
    const response = call.responses[0];
    const ok = code === 0;
    if (SANDBOX_CHANGES.has(desc)) this.#borrowed.delete(field(request, "podSandboxId"));
    if (desc === RuntimeService.method.runPodSandbox) {
      if (ok) this.#sandboxes.add(field(response, "podSandboxId"));
      else this.#unanswered = true;
    } else if (desc === RuntimeService.method.restorePod && ok) {
      this.#sandboxes.add(field(response, "podSandboxId"));
    } else if (desc === RuntimeService.method.removePodSandbox && ok) {
      const id = field(request, "podSandboxId");
      this.#sandboxes.delete(id);
      for (const [container, sandbox] of this.#containers) if (sandbox === id) this.#containers.delete(container);
    } else if (desc === RuntimeService.method.createContainer && ok) {
      this.#containers.set(field(response, "containerId"), (request as CreateContainerRequest).podSandboxId);
    } else if (desc === RuntimeService.method.removeContainer && ok) {
      this.#containers.delete(field(request, "containerId"));
    } else if (desc === ImageService.method.pullImage && ok) {
      const reference = (request as PullImageRequest).image?.image;
      const imageRef = field(response, "imageRef");
      if (reference && !this.isKept(reference, imageRef)) this.#pulled(reference, imageRef);
    } else if (desc === ImageService.method.removeImage && ok) {
      this.#images.delete((request as PullImageRequest).image?.image ?? "");
    }
  }

  /** An image whose tag now names another one is known by its id alone. */
  #pulled(reference: string, imageRef: string): void {
    const before = this.#images.get(reference);
    if (before !== undefined && before !== imageRef) this.#images.set(before, before);
    this.#images.set(reference, imageRef);
  }

  /**
   * Removes everything and returns what went wrong, one line each; an object that is gone already is fine.
   * @param isInOrder whether the spec ended well, so that another may use the sandboxes it borrowed
   */
  async run(isInOrder = false): Promise<string[]> {
    const trouble: string[] = [];
    const attempt = async (what: string, step: () => Promise<unknown>): Promise<void> => {
      try {
        await step();
      } catch (error) {
        if (error instanceof RpcError && error.is("NotFound")) return;
        trouble.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      }
    };
    const remove = (what: string, step: () => Promise<unknown>): Promise<void> => attempt(what, () => untilDone(step));
    for (const step of this.#steps.reverse()) await attempt("clean-up step", step);
    if (this.#unanswered) await attempt("finding sandboxes left by failed calls", () => this.#findStrays());
    const removeContainer = (id: string): Promise<void> =>
      remove(`RemoveContainer ${id}`, () =>
        this.rpc.removeContainer({ containerId: id }, { timeoutMs: STEP_TIMEOUT_MS }),
      );
    if (isInOrder && !this.#unanswered && trouble.length === 0) {
      const inBorrowed = [...this.#containers].filter(([, sandbox]) => this.#borrowed.has(sandbox)).map(([id]) => id);
      await Promise.all(inBorrowed.map(removeContainer));
      for (const id of inBorrowed) this.#containers.delete(id);
      if (trouble.length === 0) this.#returnBorrowed();
    }
    for (const id of this.#sandboxes) this.pool?.giveUp(id, this.specId);
    await Promise.all(
      [...this.#sandboxes].map(async (id) => {
        // Containers go with their sandbox; they are removed one by one only where that did not happen.
        await remove(`StopPodSandbox ${id}`, () =>
          this.rpc.stopPodSandbox({ podSandboxId: id }, { timeoutMs: STEP_TIMEOUT_MS }),
        );
        await remove(`RemovePodSandbox ${id}`, () =>
          this.rpc.removePodSandbox({ podSandboxId: id }, { timeoutMs: STEP_TIMEOUT_MS }),
        );
      }),
    );
    // Together: where the runtime answers none of these calls, a pod with many containers costs one deadline.
    await Promise.all([...this.#containers.keys()].map(removeContainer));
    for (const image of this.#images.keys()) {
      await attempt(`RemoveImage ${image}`, () =>
        this.rpc.removeImage({ image: { image } }, { timeoutMs: STEP_TIMEOUT_MS }),
      );
    }
    for (const step of this.#lastSteps.reverse()) await attempt("clean-up step", step);
    return trouble;
  }

  #returnBorrowed(): void {
    for (const [id, sandbox] of this.#borrowed) {
      this.#sandboxes.delete(id);
      this.pool?.putBack(sandbox);
    }
  }

  /** A RunPodSandbox that failed or timed out may have left a sandbox; the owner label tells ours. */
  async #findStrays(): Promise<void> {
    for (const sandbox of await ownedSandboxes(this.rpc, this.runId, { timeoutMs: STEP_TIMEOUT_MS })) {
      const isOurs = sandbox.specId === this.specId && !this.pool?.holds(sandbox.id);
      if (isOurs) this.#sandboxes.add(sandbox.id);
    }
  }
}

function field(message: unknown, name: string): string {
  const value = (message as Record<string, unknown> | undefined)?.[name];
  return typeof value === "string" ? value : "";
}
