import { join } from "node:path";
import type { CriConnection } from "../../cri/client.js";
import { parseEndpoint } from "../../cri/endpoint.js";
import { attemptSpec } from "../../harness/attempt.js";
import type { RunTraits } from "../../harness/features.js";
import { findNriSocket } from "../../harness/nri.js";
import { newRunId } from "../../harness/ownership.js";
import { probeRuntime } from "../../harness/probe.js";
import { RunResources } from "../../harness/run-resources.js";
import type { Spec } from "../../harness/spec.js";
import { StreamingOffers } from "../../harness/streaming.js";
import type { TestImages } from "../../harness/test-images.js";
import type { Attempt } from "../../report/model.js";
import { createTempFolder } from "../../support/temp-folder.js";
import { CriProxy, type Disturbance } from "../proxy/cri-proxy.js";
import { AttemptResources } from "./attempt-resources.js";
import { removeLeftovers } from "./leftovers.js";
import { LockTable } from "./lock-table.js";
import { RecordingConnection, Trace } from "./recording-connection.js";

/** What a stage is set up from. */
export interface StageInput {
  connection: CriConnection;
  handler: string;
  images: TestImages;
  /** Where the runtime may offer the Node Resource Interface. */
  nriSocket?: string | undefined;
  /** Ends attempts under way. */
  signal: AbortSignal;
}

/** One attempt at a spec through a proxy. */
export interface StagedAttempt {
  attempt: Attempt;
  trace: Trace;
}

/**
 * Where specs are run again and again through proxies: the runtime is probed once, test images are pulled once, and no
 * process is started for it. Proxies are kept for the next attempt.
 */
export class Stage implements AsyncDisposable {
  readonly #locks = new LockTable();
  readonly #idle: { proxy: CriProxy; socketPath: string }[] = [];
  #proxies = 0;

  private constructor(
    private readonly input: StageInput,
    readonly resources: RunResources,
  ) {}

  /** @throws RpcError when the runtime does not answer */
  static async open(input: StageInput): Promise<Stage> {
    const { connection, handler, images } = input;
    const probe = await probeRuntime(connection, handler);
    const folder = await createTempFolder("prove");
    const offers = new StreamingOffers(["spdy", "websocket"]);
    // On a runtime of its own nobody minds specs that need the node for themselves.
    const nriSocket = await findNriSocket(input.nriSocket);
    const traits: RunTraits = {
      ownRegistry: images.registry !== undefined,
      exclusive: true,
      ...(nriSocket !== undefined && { nriSocket }),
    };
    const { path } = folder;
    return new Stage(input, new RunResources(newRunId(), connection, probe, images, handler, path, offers, traits));
  }

  /**
   * Runs a spec once through a proxy that behaves as told, after waiting for the spec's locks, and removes whatever is left of
   * it. It never rejects for what the runtime does.
   */
  async attempt(spec: Spec, disturbance: Disturbance, timeoutMs: number): Promise<StagedAttempt> {
    return this.#locks.with(spec.locks, async () => {
      const { proxy, socketPath } = this.#idle.pop() ?? (await this.#newProxy());
      proxy.disturb(disturbance);
      const trace = new Trace();
      const connection = new RecordingConnection(parseEndpoint(socketPath), trace);
      const resources = new AttemptResources(this.resources, connection);
      try {
        const attempt = await attemptSpec(spec, resources, { timeoutMs, stop: this.input.signal });
        return { attempt, trace };
      } finally {
        connection.close();
        proxy.disturb({});
        this.#idle.push({ proxy, socketPath });
        await removeLeftovers(this.input.connection.rpc({ timeoutMs: 30_000 }), resources.runId);
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#idle.map(({ proxy }) => proxy.close()));
    await this.resources.release(true);
  }

  async #newProxy(): Promise<{ proxy: CriProxy; socketPath: string }> {
    const socketPath = join(this.resources.folder, `proxy-${this.#proxies++}.sock`);
    const { runtimeEndpoint: runtime, imageEndpoint: image } = this.input.connection;
    return { proxy: await CriProxy.start(socketPath, { runtime, image }), socketPath };
  }
}
