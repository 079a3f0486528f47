import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { CallRecord, CriConnection, CriRpc } from "../cri/client.js";
import { RpcError } from "../cri/rpc-error.js";
import { removeTree } from "../support/remove-tree.js";
import { ImageNotAvailableError } from "../images/image-source.js";
import type { RunTraits } from "./features.js";
import { EnvironmentError, NotApplicable } from "./outcome.js";
import type { Ledger } from "./ledger/ledger.js";
import { foreignNames, fullReference } from "./ledger/image-names.js";
import type { Probe } from "./probe.js";
import type { SandboxPool } from "./sandbox-pool.js";
import type { StreamingOffers } from "./streaming.js";
import type { TestImages } from "./test-images.js";

/** Pulling a declared test image from loopback takes well under a second; a public one may take long. */
const PULL_TIMEOUT_MS = 300_000;

/** What all specs of a run share. */
export class RunResources {
  readonly #pulls = new Map<string, Promise<string>>();
  readonly #shared = new Set<string>();
  readonly #pulled = new Set<string>();
  readonly #held = new Map<string, Promise<void>>();

  constructor(
    readonly runId: string,
    readonly connection: CriConnection,
    readonly probe: Probe,
    readonly images: TestImages,
    /** Runtime handler for all pods of the run. */
    readonly handler: string,
    /** Private folder of the run on the node. */
    readonly folder: string,
    readonly streaming: StreamingOffers,
    /** What the run's options decide. */
    readonly traits: RunTraits,
    readonly ledger?: Ledger,
    /** Told of every call of a spec. */
    readonly onCall?: (call: CallRecord) => void,
    /** Sandboxes that specs use one after the other. Default: each spec has its own. */
    readonly sandboxes?: SandboxPool,
  ) {}

  /** Where clean-up calls go. */
  get cleanupConnection(): CriConnection {
    return this.connection;
  }

  /** The RPCs for what the harness itself makes and removes. */
  rpc(timeoutMs: number): CriRpc {
    return this.connection.rpc({ timeoutMs, ...this.ledger?.hooks });
  }

  /**
   * Makes a declared test image available, once per run, and returns its reference.
   * @throws EnvironmentError when the runtime cannot pull it
   */
  ensureImage(name: string): Promise<string> {
    const running = this.#pulls.get(name) ?? this.#pull(name);
    this.#pulls.set(name, running);
    return running;
  }

  /**
   * Waits for its turn with an image that specs remove, takes it off the runtime, and returns what passes it on.
   */
  async holdImage(reference: string): Promise<() => Promise<void>> {
    const before = this.#held.get(reference);
    let passOn: () => void = () => undefined;
    this.#held.set(reference, new Promise((resolve) => (passOn = resolve)));
    await before;
    try {
      if (this.isForeign(reference)) {
        throw new NotApplicable(`the node had the image ${reference} before; the suite removes none of others`, "host");
      }
      await this.rpc(30_000).removeImage({ image: { image: reference } });
    } catch (error) {
      passOn();
      throw error;
    }
    return () => Promise.resolve(passOn());
  }

  /** True for references that the whole run uses. */
  isShared(reference: string): boolean {
    return this.#shared.has(reference);
  }

  /** True for what the node had before the run: a reference, or an image's id. RemoveImage would take all its names. */
  isForeign(reference: string, imageRef = ""): boolean {
    const { otherImages } = this.probe;
    return [reference, fullReference(reference), imageRef].some((name) => otherImages.has(name));
  }

  async #pull(name: string): Promise<string> {
    const reference = this.#reference(name);
    this.#shared.add(reference);
    const rpc = this.rpc(PULL_TIMEOUT_MS);
    try {
      const { image } = await rpc.imageStatus({ image: { image: reference } });
      if (image) return reference;
      const { imageRef } = await rpc.pullImage({ image: { image: reference } });
      if (!this.isForeign(reference, imageRef)) this.#pulled.add(reference);
      return reference;
    } catch (error) {
      const why = error instanceof RpcError ? error.message : String(error);
      throw new EnvironmentError(
        `The test image "${name}" (${reference}) could not be made available: ${why}. ` +
          `Check with "critique doctor" that the runtime reaches and trusts this registry.`,
      );
    }
  }

  #reference(name: string): string {
    try {
      return this.images.reference(name);
    } catch (error) {
      if (error instanceof ImageNotAvailableError) throw new NotApplicable(error.message, "options");
      throw error;
    }
  }

  /** Makes an empty folder for one use. */
  async newFolder(...parts: string[]): Promise<string> {
    const folder = path.join(this.folder, ...parts);
    await mkdir(folder, { recursive: true, mode: 0o755 });
    return folder;
  }

  /** An image that another run named meanwhile is left to it, and to the ledger. */
  async #removeImage(rpc: CriRpc, reference: string): Promise<void> {
    const { image } = await rpc.imageStatus({ image: { image: reference } });
    if (!image) return this.ledger?.imageIsGone(reference);
    if (this.isForeign(reference, image.id) || foreignNames(image, [...this.#shared, reference]).length > 0) return;
    await rpc.removeImage({ image: { image: reference } });
  }

  /**
   * Removes the images this run pulled and its folder; returns what went wrong.
   * @param isThere whether the runtime answers; nothing is asked of one that does not
   */
  async release(isThere: boolean): Promise<string[]> {
    const trouble: string[] = [];
    const rpc = this.rpc(30_000);
    const images = new Set([...this.#pulled, ...(this.ledger?.images() ?? [])]);
    for (const reference of isThere ? images : []) {
      await this.#removeImage(rpc, reference).catch((error: unknown) =>
        trouble.push(`RemoveImage ${reference}: ${String(error)}`),
      );
    }
    await removeTree(this.folder).catch((error: unknown) => trouble.push(String(error)));
    return trouble;
  }
}
