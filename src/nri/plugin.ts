import { connect, type Socket } from "node:net";
import { create, fromBinary, toBinary, type MessageInitShape } from "@bufbuild/protobuf";
import {
  ConfigureRequestSchema,
  ConfigureResponseSchema,
  ContainerAdjustmentSchema,
  CreateContainerResponseSchema,
  Event,
  EventRequestSchema,
  RegisterPluginRequestSchema,
  StateChangeEventSchema,
  SynchronizeRequestSchema,
  SynchronizeResponseSchema,
  type ConfigureRequest,
  type Container,
  type PodSandbox,
} from "./gen/nri/v1alpha1/api_pb.js";
import { Multiplexer } from "./multiplexer.js";
import { serveTtrpc, TtrpcClient, type MethodCall } from "./ttrpc.js";

/** The channels of a plugin's connection (github.com/containerd/nri, pkg/net/multiplex). */
const PLUGIN_CHANNEL = 1;
const RUNTIME_CHANNEL = 2;

const RUNTIME_SERVICE = "nri.pkg.api.v1alpha1.Runtime";

/** containerd gives a plugin 5 s to register; it asks for the state right after that. */
const CONNECT_TIMEOUT_MS = 20_000;

/** Every event that v1alpha1 began with. */
const ALL_EVENTS = (1 << Event.REMOVE_CONTAINER) - 1;

/** Events by the names of the methods that newer runtimes call for them: RunPodSandbox, PostCreateContainer, ... */
const EVENT_METHODS: ReadonlyMap<string, Event> = new Map(
  Object.entries(Event).flatMap(([name, event]): [string, Event][] =>
    typeof event === "number" && event !== Event.UNKNOWN ? [[methodName(name), event]] : [],
  ),
);

function methodName(event: string): string {
  return event.toLowerCase().replace(/(^|_)([a-z])/g, (_match, _dash, letter: string) => letter.toUpperCase());
}

/** Something that happens to a pod or a container. */
export interface NriEvent {
  event: Event;
  pod?: PodSandbox;
  /** Absent for events of pods. */
  container?: Container;
}

/** A change to a container that is being created. */
export type Adjustment = MessageInitShape<typeof ContainerAdjustmentSchema>;

/** What a plugin does. The runtime waits for each answer, and disconnects a plugin that takes longer than it allows. */
export interface PluginHooks {
  /** Told what existed when the plugin connected. */
  onSynchronize: (pods: readonly PodSandbox[], containers: readonly Container[]) => Promise<void>;
  /** Told of every event of every pod; what it throws refuses the event. Only CREATE_CONTAINER takes an adjustment. */
  onEvent: (event: NriEvent) => Promise<Adjustment | undefined>;
}

export interface PluginIdentity {
  name: string;
  /** Two digits; plugins are asked in the order of their indices. */
  index: string;
}

/** An NRI plugin that is connected to a runtime and gets all events (NRI v1alpha1, over ttrpc). */
export class NriPlugin {
  readonly #client: TtrpcClient;
  readonly #pods: PodSandbox[] = [];
  readonly #containers: Container[] = [];
  #configuration: ConfigureRequest | undefined;
  #synchronized: () => void = () => undefined;

  private constructor(
    private readonly socket: Socket,
    private readonly hooks: PluginHooks,
  ) {
    const multiplexer = new Multiplexer(socket);
    this.#client = new TtrpcClient(multiplexer.channel(RUNTIME_CHANNEL));
    serveTtrpc(multiplexer.channel(PLUGIN_CHANNEL), (call) => this.#answer(call));
    socket.on("close", () => this.#client.close("the runtime closed the connection"));
  }

  /**
   * Connects, registers and waits until the runtime has told its state.
   * @throws the system's error when nobody listens there; Error when the runtime does not take the plugin
   */
  static async connect(socketPath: string, identity: PluginIdentity, hooks: PluginHooks): Promise<NriPlugin> {
    const socket = connect(socketPath);
    await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    socket.on("error", () => undefined); // "close" follows
    const plugin = new NriPlugin(socket, hooks);
    let timer: NodeJS.Timeout | undefined;
    try {
      await Promise.race([
        plugin.#register(identity),
        new Promise((_resolve, reject) => {
          const fail = (why: string) => () => reject(new Error(`NRI at ${socketPath}: ${why}`));
          timer = setTimeout(fail("the runtime does not synchronize the plugin"), CONNECT_TIMEOUT_MS);
          socket.once("close", fail("the runtime closed the connection while the plugin registered"));
        }),
      ]);
      return plugin;
    } catch (error) {
      plugin.close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** What the runtime said of itself. */
  get configuration(): ConfigureRequest | undefined {
    return this.#configuration;
  }

  /** Whether the runtime has ended the connection, or {@link close} has. */
  get closed(): boolean {
    return this.socket.destroyed;
  }

  /** Disconnects; the runtime goes on with what waits for an answer. */
  close(): void {
    this.socket.destroy();
  }

  async #register({ name, index }: PluginIdentity): Promise<void> {
    const synchronized = new Promise<void>((resolve) => (this.#synchronized = resolve));
    const request = create(RegisterPluginRequestSchema, { pluginName: name, pluginIdx: index });
    await this.#client.call({
      service: RUNTIME_SERVICE,
      method: "RegisterPlugin",
      payload: toBinary(RegisterPluginRequestSchema, request),
    });
    await synchronized;
  }

  async #answer({ method, payload }: MethodCall): Promise<Uint8Array> {
    if (method === "Configure") return this.#configure(payload);
    if (method === "Synchronize") return this.#synchronize(payload);
    if (method === "StateChange") {
      await this.hooks.onEvent(fromBinary(StateChangeEventSchema, payload));
      return NOTHING;
    }
    const event = EVENT_METHODS.get(method);
    // What is not an event, Shutdown for instance, has an answer without fields too.
    if (event === undefined) return NOTHING;
    const adjust = await this.hooks.onEvent({ event, ...fromBinary(EventRequestSchema, payload) });
    if (event !== Event.CREATE_CONTAINER || adjust === undefined) return NOTHING;
    return toBinary(
      CreateContainerResponseSchema,
      create(CreateContainerResponseSchema, { adjust: create(ContainerAdjustmentSchema, adjust) }),
    );
  }

  #configure(payload: Uint8Array): Uint8Array {
    this.#configuration = fromBinary(ConfigureRequestSchema, payload);
    return toBinary(ConfigureResponseSchema, create(ConfigureResponseSchema, { events: ALL_EVENTS }));
  }

  async #synchronize(payload: Uint8Array): Promise<Uint8Array> {
    const { pods, containers, more } = fromBinary(SynchronizeRequestSchema, payload);
    this.#pods.push(...pods);
    this.#containers.push(...containers);
    if (!more) {
      await this.hooks.onSynchronize(this.#pods, this.#containers);
      this.#synchronized();
    }
    return toBinary(SynchronizeResponseSchema, create(SynchronizeResponseSchema, { more }));
  }
}

/** A message without fields, encoded. */
const NOTHING = new Uint8Array();
