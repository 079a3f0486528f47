import { setMaxListeners } from "node:events";
import {
  create,
  fromBinary,
  toBinary,
  type DescMessage,
  type DescMethod,
  type DescMethodUnary,
  type Message,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import { Client, credentials, Metadata, status, type ServiceError } from "@grpc/grpc-js";
import type { Endpoint } from "./endpoint.js";
import { LeanCallError, LeanChannel } from "./lean-channel.js";
import {
  isImageMethod,
  METHOD_KEYS,
  METHODS,
  type RequestOf,
  type ResponseOf,
  type StreamKey,
  type UnaryKey,
} from "./methods.js";
import { RpcError } from "./rpc-error.js";

/**
 * Largest message accepted. The kubelet accepts 16 MiB; a suite must also see the replies that break it, and an
 * ExecSync reply may legally carry 16 MiB of each output stream.
 */
const MAX_MESSAGE_BYTES = 128 * 1024 * 1024;

/** Deadline of a call that names none: a cold RunPodSandbox of a VM-based handler stays well below it. */
export const DEFAULT_TIMEOUT_MS = 120_000;

export interface CallOptions {
  /** Deadline of this call, in milliseconds. */
  timeoutMs?: number;
  /** Ends the call early with status Canceled. */
  signal?: AbortSignal;
}

/** One finished call, as a transcript keeps it. */
export interface CallRecord {
  /** RPC as the contract names it. */
  method: string;
  desc: DescMethod;
  /** When the call began, in milliseconds of the monotonic clock (performance.now). */
  startedMs: number;
  durationMs: number;
  code: number;
  /** The runtime's message when the status is not OK. */
  details?: string;
  /** The status is the client's own: its deadline has passed, or it has cancelled the call. */
  local?: true;
  request: Message;
  /** The reply; of a server stream, the first messages received. */
  responses: Message[];
  /** Messages received on a server stream in all. */
  received: number;
}

type Unary = { [K in UnaryKey]: (request: RequestOf<K>, options?: CallOptions) => Promise<ResponseOf<K>> };
type Streams = { [K in StreamKey]: (request: RequestOf<K>, options?: CallOptions) => AsyncGenerator<ResponseOf<K>> };

/** Every RPC of the contract as a typed function: `rpc.containerStatus({ containerId })`. */
export type CriRpc = Unary & Streams;

/** What a scope adds to calls; every part is optional. */
export interface CallScope {
  /** Ends all calls of the scope. */
  signal?: AbortSignal;
  timeoutMs?: number;
  /** Told of every call before it is sent. */
  onSend?: (call: { desc: DescMethod; request: Message }) => void;
  /** Told of every reply, and of every message of a server stream as it comes. */
  onReply?: (reply: { desc: DescMethod; message: Message }) => void;
  /** Told of every call as it ends, whatever its status. */
  onCall?: (record: CallRecord) => void;
  /** Wraps every reply before the caller gets it. */
  wrapResponse?: (response: Message) => Message;
  /** Makes unary calls on a channel that adds as little time of its own as Node can: for measuring. */
  lean?: boolean;
}

/** Messages of a server stream that a transcript keeps; the rest is only counted. */
const STREAM_RECORD_LIMIT = 20;

/** Channels to the runtime and image endpoints, shared by all scopes. */
export class CriConnection {
  readonly #runtime: Client;
  readonly #image: Client;
  readonly #lean = new Map<Endpoint, LeanChannel>();

  constructor(
    readonly runtimeEndpoint: Endpoint,
    readonly imageEndpoint: Endpoint = runtimeEndpoint,
  ) {
    this.#runtime = openChannel(runtimeEndpoint);
    this.#image = imageEndpoint.target === runtimeEndpoint.target ? this.#runtime : openChannel(imageEndpoint);
  }

  /** The RPCs, with the scope's signal, deadline and observers applied to each call. */
  rpc(scope: CallScope = {}): CriRpc {
    // Every call under way listens to it: a hundred of them are a load, not a leak.
    if (scope.signal) setMaxListeners(0, scope.signal);
    const functions = METHOD_KEYS.map((key) => {
      const desc: DescMethod = METHODS[key];
      const channel = isImageMethod(key) ? this.#image : this.#runtime;
      const transport = scope.lean
        ? leanTransport(this.#leanChannel(isImageMethod(key) ? this.imageEndpoint : this.runtimeEndpoint))
        : grpcTransport(channel);
      const call =
        desc.methodKind === "unary"
          ? (request: Init, options?: CallOptions) => unaryCall(transport, desc, request, scope, options)
          : (request: Init, options?: CallOptions) => streamCall(channel, desc, request, scope, options);
      return [key, call];
    });
    return Object.fromEntries(functions) as CriRpc;
  }

  /**
   * A call of a service outside the contract, which the runtime's endpoint may serve too.
   *
   * @throws RpcError; Unimplemented where the runtime does not serve it
   */
  async callBeside<I extends DescMessage, O extends DescMessage>(
    desc: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    { metadata, ...options }: CallOptions & { metadata: Readonly<Record<string, string>> },
  ): Promise<MessageShape<O>> {
    const transport = grpcTransport(this.#runtime, metadata);
    return (await unaryCall(transport, desc, request, {}, options)) as MessageShape<O>;
  }

  #leanChannel(endpoint: Endpoint): LeanChannel {
    const channel = this.#lean.get(endpoint) ?? new LeanChannel(endpoint);
    this.#lean.set(endpoint, channel);
    return channel;
  }

  /** Closes the channels; calls under way end with Canceled. */
  close(): void {
    for (const channel of this.#lean.values()) channel.close();
    this.#runtime.close();
    if (this.#image !== this.#runtime) this.#image.close();
  }
}

function openChannel(endpoint: Endpoint): Client {
  return new Client(endpoint.target, credentials.createInsecure(), {
    "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
    "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
    // A suite must see each failure once: no transparent retries.
    "grpc.enable_retries": 0,
    // A runtime that restarts is met again quickly; grpc-js's own first back-off is a second.
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 1000,
  });
}

type Init = Record<string, unknown>;

const path = (desc: DescMethod): string => `/${desc.parent.typeName}/${desc.name}`;
const serialize =
  (schema: DescMessage) =>
  (message: Message): Buffer => {
    const bytes = toBinary(schema, message);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
const deserialize =
  (schema: DescMessage) =>
  (bytes: Buffer): Message =>
    fromBinary(schema, bytes);

function callSettings(scope: CallScope, options: CallOptions) {
  const signals = [scope.signal, options.signal].filter((signal) => signal !== undefined);
  return {
    signal: signals.length > 1 ? AbortSignal.any(signals) : signals[0],
    timeoutMs: options.timeoutMs ?? scope.timeoutMs ?? DEFAULT_TIMEOUT_MS,
  };
}

/** Keeps the book of one call: what was asked, what came, how long it took. */
class CallBook {
  readonly #startedMs = performance.now();
  readonly #responses: Message[] = [];
  #received = 0;

  constructor(
    private readonly desc: DescMethod,
    private readonly request: Message,
    private readonly scope: CallScope,
  ) {}

  /** Notes a reply and gives it in the form that the caller sees. */
  add(response: Message): Message {
    this.#received++;
    this.scope.onReply?.({ desc: this.desc, message: response });
    if (this.#responses.length < STREAM_RECORD_LIMIT) this.#responses.push(response);
    return this.scope.wrapResponse?.(response) ?? response;
  }

  end(error?: RpcError): void {
    this.scope.onCall?.({
      method: this.desc.name,
      desc: this.desc,
      startedMs: this.#startedMs,
      durationMs: performance.now() - this.#startedMs,
      code: error?.code ?? status.OK,
      ...(error && { details: error.details }),
      ...(error?.local && { local: true }),
      request: this.request,
      responses: this.#responses,
      received: this.#received,
    });
  }
}

/** Settings of one call. */
interface UnarySettings {
  timeoutMs: number;
  signal: AbortSignal | undefined;
}

/** Carries a message there and the reply back; rejects with an RpcError. */
type UnaryTransport = (desc: DescMethod, request: Message, settings: UnarySettings) => Promise<Message>;

async function unaryCall(
  transport: UnaryTransport,
  desc: DescMethod,
  init: Init,
  scope: CallScope,
  options: CallOptions = {},
): Promise<Message> {
  const request = create(desc.input, init);
  const settings = callSettings(scope, options);
  const book = new CallBook(desc, request, scope);
  try {
    if (settings.signal?.aborted) throw canceled(desc);
    scope.onSend?.({ desc, request });
    const reply = book.add(await transport(desc, request, settings));
    book.end();
    return reply;
  } catch (error) {
    book.end(error instanceof RpcError ? error : undefined);
    throw error;
  }
}

function grpcTransport(channel: Client, metadata: Readonly<Record<string, string>> = {}): UnaryTransport {
  return (desc, request, { signal, timeoutMs }) =>
    new Promise((resolve, reject) => {
      const call = channel.makeUnaryRequest(
        path(desc),
        serialize(desc.input),
        deserialize(desc.output),
        request,
        Metadata.fromHttp2Headers(metadata),
        { deadline: Date.now() + timeoutMs },
        (failure: ServiceError | null, response?: Message) => {
          signal?.removeEventListener("abort", cancel);
          if (failure) reject(rpcError(desc, failure, signal));
          else resolve(response ?? create(desc.output));
        },
      );
      const cancel = (): void => call.cancel();
      signal?.addEventListener("abort", cancel, { once: true });
    });
}

function leanTransport(channel: LeanChannel): UnaryTransport {
  return async (desc, request, { signal, timeoutMs }) => {
    try {
      const bytes = toBinary(desc.input, request);
      const reply = await channel.unary(path(desc), bytes, { timeoutMs, signal, maxBytes: MAX_MESSAGE_BYTES });
      return fromBinary(desc.output, reply);
    } catch (error) {
      if (!(error instanceof LeanCallError)) throw error;
      throw new RpcError(desc.name, error.code, error.details, error.local);
    }
  };
}

async function* streamCall(
  channel: Client,
  desc: DescMethod,
  init: Init,
  scope: CallScope,
  options: CallOptions = {},
): AsyncGenerator<Message> {
  const request = create(desc.input, init);
  const { signal, timeoutMs } = callSettings(scope, options);
  const book = new CallBook(desc, request, scope);
  if (signal?.aborted) {
    const error = canceled(desc);
    book.end(error);
    throw error;
  }
  scope.onSend?.({ desc, request });
  const call = channel.makeServerStreamRequest(
    path(desc),
    serialize(desc.input),
    deserialize(desc.output),
    request,
    new Metadata(),
    { deadline: Date.now() + timeoutMs },
  );
  const cancel = (): void => call.cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  let error: RpcError | undefined;
  try {
    for await (const response of call as AsyncIterable<Message>) {
      yield book.add(response);
    }
  } catch (failure) {
    error = rpcError(desc, failure as ServiceError, signal);
    throw error;
  } finally {
    // Also reached when the consumer stops early: the runtime must not keep a stream nobody reads.
    signal?.removeEventListener("abort", cancel);
    call.on("error", () => undefined);
    call.cancel();
    book.end(error);
  }
}

function rpcError(desc: DescMethod, failure: ServiceError, signal: AbortSignal | undefined): RpcError {
  if (typeof failure.code !== "number") return new RpcError(desc.name, status.INTERNAL, String(failure), true);
  const local = signal?.aborted === true || (failure.code === status.DEADLINE_EXCEEDED && isLocalDeadline(failure));
  return new RpcError(desc.name, failure.code, failure.details ?? failure.message, local);
}

/** grpc-js words its own deadline this way; a runtime's DeadlineExceeded carries the runtime's words. */
function isLocalDeadline(failure: ServiceError): boolean {
  return /^Deadline exceeded after/i.test(failure.details ?? "");
}

function canceled(desc: DescMethod): RpcError {
  return new RpcError(desc.name, status.CANCELLED, "not sent: the deadline of its spec had passed", true);
}
