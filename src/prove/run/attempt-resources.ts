import { join } from "node:path";
import type { CriConnection } from "../../cri/client.js";
import { newRunId } from "../../harness/ownership.js";
import { RunResources } from "../../harness/run-resources.js";

/**
 * The resources of one attempt at a spec through a proxy: its calls go through it, while test images are made available
 * and everything is removed past it. The set-up is not what a fault is about, and what a faulty runtime leaves must go.
 */
export class AttemptResources extends RunResources {
  constructor(
    private readonly direct: RunResources,
    throughProxy: CriConnection,
    runId: string = newRunId(),
  ) {
    const { probe, images, handler, folder, streaming, traits } = direct;
    super(runId, throughProxy, probe, images, handler, join(folder, runId), streaming, traits);
  }

  override get cleanupConnection(): CriConnection {
    return this.direct.connection;
  }

  override ensureImage(name: string): Promise<string> {
    return this.direct.ensureImage(name);
  }

  override holdImage(reference: string): Promise<() => Promise<void>> {
    return this.direct.holdImage(reference);
  }

  override isShared(reference: string): boolean {
    return this.direct.isShared(reference);
  }
}
