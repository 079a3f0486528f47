import { stat } from "node:fs/promises";
import { Event, NriPlugin, type Adjustment, type NriEvent } from "../nri/index.js";
import type { Container, PodSandbox } from "../nri/index.js";
import { EnvironmentError, ExpectationFailed, NotApplicable } from "./outcome.js";
import { RUN_LABEL, SPEC_LABEL, type Names } from "./ownership.js";
import { until } from "./until.js";

/** Late, so that what a plugin of the node's own does has happened already. */
const PLUGIN_INDEX = "90";

/** A hook is reached within a second or so; pods of VM-based handlers take some more. */
const REACHED_TIMEOUT_MS = 30_000;

/** The path where it is a socket. */
export async function findNriSocket(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const found = await stat(path).catch(() => undefined);
  return found?.isSocket() ? path : undefined;
}

/** An event that waits for its plugin. The runtime waits with it, and other events of the node may wait as well: be quick. */
export interface HeldEvent extends NriEvent {
  /** Lets the runtime go on. */
  release: () => void;
}

export interface NriWatchOptions {
  /** Told what existed of the spec's own when the plugin connected; the runtime goes on when this has ended. */
  onSynchronize?: (pods: readonly PodSandbox[], containers: readonly Container[]) => Promise<void>;
}

/**
 * A plugin of a spec's own, connected through the Node Resource Interface. It keeps the events of the spec's pods, and holds,
 * refuses or adjusts them as told; pods of others pass at once.
 */
export class NriWatch {
  /** Events of the spec's pods, in order of arrival. */
  readonly events: NriEvent[] = [];
  /** Adjusts every container of the spec's that is created from now on. */
  adjustment: Adjustment | undefined;
  readonly #refusals = new Map<Event, string>();
  readonly #holds = new Map<Event, (event: HeldEvent) => void>();
  #plugin: NriPlugin | undefined;

  private constructor(private readonly names: Names) {}

  /**
   * Connects and waits until the runtime has told its state.
   * @throws NotApplicable where nobody listens at the socket
   */
  static async connect(socketPath: string, names: Names, options: NriWatchOptions = {}): Promise<NriWatch> {
    const watch = new NriWatch(names);
    const { onSynchronize = () => Promise.resolve() } = options;
    const identity = { name: `critique-${names.specId.toLowerCase()}`, index: PLUGIN_INDEX };
    try {
      watch.#plugin = await NriPlugin.connect(socketPath, identity, {
        onSynchronize: (pods, containers) => {
          const own = pods.filter((pod) => watch.#isOwn(pod));
          const ids = new Set(own.map(({ id }) => id));
          return onSynchronize(
            own,
            containers.filter(({ podSandboxId }) => ids.has(podSandboxId)),
          );
        },
        onEvent: (event) => watch.#onEvent(event),
      });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ECONNREFUSED" || code === "ENOENT")
        throw new NotApplicable(`nobody listens at ${socketPath}`, "host");
      if (code !== undefined) throw new EnvironmentError(`NRI at ${socketPath}: ${(error as Error).message}.`);
      const seen = (error as Error).message;
      throw new ExpectationFailed({ subject: "an NRI plugin", expected: "to be taken by the runtime", seen });
    }
    return watch;
  }

  /** The kinds of the events so far, of one pod or container where an id is given. */
  kinds(id?: string): string[] {
    const of = this.events.filter(({ pod, container }) => id === undefined || (container ?? pod)?.id === id);
    return of.map(({ event }) => Event[event]);
  }

  /** Waits until an event of this kind has come for a pod or container. */
  seen(event: Event, id: string): Promise<NriEvent> {
    return until(
      `the NRI event ${Event[event]} for ${id}`,
      () => this.events.find((one) => one.event === event && (one.container ?? one.pod)?.id === id),
      { seen: () => this.kinds(id).join(", ") || "no event" },
    );
  }

  /** Holds the next event of this kind; the returned function waits for it. */
  hold(event: Event): () => Promise<HeldEvent> {
    let held: HeldEvent | undefined;
    this.#holds.set(event, (one) => (held = one));
    return () =>
      until(`the NRI event ${Event[event]}`, () => held, {
        timeoutMs: REACHED_TIMEOUT_MS,
        seen: () => this.kinds().join(", ") || "no event",
      });
  }

  /** Refuses all events of this kind with an error, until the returned function is called. */
  refuse(event: Event, why: string): () => void {
    this.#refusals.set(event, why);
    return () => void this.#refusals.delete(event);
  }

  /** Disconnects; what is held goes on. */
  close(): void {
    this.#plugin?.close();
  }

  async #onEvent(event: NriEvent): Promise<Adjustment | undefined> {
    if (!this.#isOwn(event.pod)) return undefined;
    this.events.push(event);
    const refusal = this.#refusals.get(event.event);
    if (refusal !== undefined) throw new Error(refusal);
    const hold = this.#holds.get(event.event);
    if (hold !== undefined) {
      this.#holds.delete(event.event);
      await new Promise<void>((release) => hold({ ...event, release }));
    }
    return this.adjustment;
  }

  #isOwn(pod: PodSandbox | undefined): boolean {
    return pod?.labels[RUN_LABEL] === this.names.runId && pod.labels[SPEC_LABEL] === this.names.specId;
  }
}
