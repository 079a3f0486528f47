import {
  ContainerEventType,
  RpcError,
  until,
  type ContainerEventResponse,
  type CriRpc,
  type PodSandbox,
  type SpecContext,
} from "../../src/harness/index.js";

/** A stream that was not listened to yet when a pod was made gets another event of the pod after this time. */
const NEXT_EVENT_MS = 500;

/** One stream of GetContainerEvents with all that it told, events of others among it. */
export class ContainerEvents {
  readonly #events: ContainerEventResponse[] = [];
  readonly #close = new AbortController();
  #over: string | undefined;

  constructor(rpc: CriRpc, onEvent: (event: ContainerEventResponse) => void = () => undefined) {
    void this.#listen(rpc, onEvent);
  }

  async #listen(rpc: CriRpc, onEvent: (event: ContainerEventResponse) => void): Promise<void> {
    try {
      for await (const event of rpc.getContainerEvents({}, { signal: this.#close.signal })) {
        this.#events.push(event);
        onEvent(event);
      }
      this.#over = "the runtime ended the stream";
    } catch (error) {
      this.#over = error instanceof RpcError ? error.message : String(error);
    }
  }

  /** The events of a container, or of a sandbox itself, in their order. */
  of({ id }: { id: string }): ContainerEventResponse[] {
    return this.#events.filter(({ containerId }) => containerId === id);
  }

  /** The names of their types. */
  typesOf(thing: { id: string }): string[] {
    return this.of(thing).map(({ containerEventType }) => typeName(containerEventType));
  }

  /** Whether any event of a pod has come. */
  hasHeardOf(sandbox: PodSandbox): boolean {
    return this.#events.some(
      ({ containerId, podSandboxStatus }) => containerId === sandbox.id || podSandboxStatus?.id === sandbox.id,
    );
  }

  /** Waits for the first event of a type; who waits longer for it is better served by asking for the status. */
  untilTold(thing: { id: string }, type: ContainerEventType, timeoutMs = 10_000): Promise<ContainerEventResponse> {
    return until(
      `GetContainerEvents to tell ${typeName(type)}`,
      () => this.of(thing).find(({ containerEventType }) => containerEventType === type),
      { timeoutMs, seen: () => this.#over ?? (this.typesOf(thing).join(", ") || "no event") },
    );
  }

  /** Why the stream is over, if it is. */
  get over(): string | undefined {
    return this.#over;
  }

  close(): void {
    this.#close.abort();
  }
}

/**
 * A new sandbox of which each of these streams has told something: only an event shows that the runtime has begun to serve
 * a stream.
 */
export async function heardSandbox(
  { runtime }: Pick<SpecContext, "runtime">,
  ...streams: ContainerEvents[]
): Promise<PodSandbox> {
  const sandbox = await runtime.runSandbox();
  let lastEventMs = performance.now();
  await until(
    "an event of a new pod on each stream of GetContainerEvents",
    async () => {
      if (streams.every((stream) => stream.hasHeardOf(sandbox))) return true;
      if (performance.now() - lastEventMs > NEXT_EVENT_MS) {
        await sandbox.createContainer();
        lastEventMs = performance.now();
      }
      return false;
    },
    {
      // The kubelet looks at all pods each minute where it has events, and each second where it has none.
      timeoutMs: 5_000,
      seen: () => streams.map((each) => each.over ?? (each.hasHeardOf(sandbox) ? "an event" : "none")).join(", "),
    },
  );
  return sandbox;
}

/** CREATED for CONTAINER_CREATED_EVENT, and so on. */
export const typeName = (type: ContainerEventType): string =>
  (ContainerEventType[type] ?? `type ${type}`).replace(/^CONTAINER_|_EVENT$/g, "");
