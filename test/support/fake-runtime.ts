import { create, fromBinary, toBinary, type DescMethod, type Message } from "@bufbuild/protobuf";
import {
  Server,
  ServerCredentials,
  status,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServerWritableStream,
  type UntypedHandleCall,
} from "@grpc/grpc-js";
import { mkdir, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { createTempFolder } from "../../src/support/temp-folder.js";
import {
  METHODS,
  type MethodKey,
  type RequestOf,
  type ResponseOf,
  type StreamKey,
  type UnaryKey,
} from "../../src/cri/methods.js";
import { PodSandboxState, type PodSandboxConfig } from "../../src/cri/gen/runtime/v1/api_pb.js";

/** Refuses a call of the fake runtime with a gRPC status. */
export class Refusal extends Error {
  constructor(
    readonly code: status,
    message: string,
  ) {
    super(message);
  }
}

/** What a call says of itself beside its request. */
export interface CallFacts {
  /** Whether its client gave it a deadline. */
  hasDeadline: boolean;
}

/** Answers of the fake runtime; those not given keep the built-in behaviour or are Unimplemented. */
export type Answers = {
  [K in UnaryKey]?: (
    request: ResponseMessage<K>,
    call: CallFacts,
  ) => Promise<RequestOfResponse<K>> | RequestOfResponse<K> | Uint8Array;
};
type ResponseMessage<K extends MethodKey> = Extract<RequestOf<K>, Message>;
type RequestOfResponse<K extends MethodKey> = Partial<Omit<ResponseOf<K>, "$typeName" | "$unknown">>;

/** Messages that the fake runtime streams for a request; RPCs not given are Unimplemented. */
export type Streams = { [K in StreamKey]?: (request: ResponseMessage<K>) => Iterable<RequestOfResponse<K>> };

/** Answers of a service outside the contract, by the lowerCamel names of its methods; the others are Unimplemented. */
export interface ServiceBeside {
  methods: Readonly<Record<string, DescMethod>>;
  answers: Readonly<Record<string, (request: never) => object>>;
}

/** A CRI endpoint in this process that keeps pod sandboxes in memory, for tests of the suite itself. */
export interface FakeRuntime {
  /** Path of its socket. */
  socketPath: string;
  /** Ids of the sandboxes it holds. */
  sandboxes: Map<string, { config: PodSandboxConfig; state: PodSandboxState }>;
  /** Names of the RPCs it was asked, in order. */
  calls: string[];
  /** Ends every connection at once, as a crash does. */
  crash(): void;
  close(): Promise<void>;
}

/**
 * Starts the fake runtime.
 * @param at path of the socket of one that was closed; default a socket in a private folder
 */
export async function startFakeRuntime(
  answers: Answers = {},
  at?: string,
  streams: Streams = {},
  beside?: ServiceBeside,
): Promise<FakeRuntime> {
  const folder = await createTempFolder("fake-runtime");
  const server = new Server();
  const sandboxes: FakeRuntime["sandboxes"] = new Map();
  const calls: string[] = [];
  const all: Answers = { ...sandboxAnswers(sandboxes), ...answers };
  const serve = (
    methods: [string, DescMethod][],
    handle: (key: string, desc: DescMethod) => UntypedHandleCall | undefined,
  ): void => {
    const handlers = methods.flatMap(([key, desc]): [string, UntypedHandleCall][] => {
      const handling = handle(key, desc);
      return handling ? [[key, handling]] : [];
    });
    server.addService(
      Object.fromEntries(methods.map(([key, desc]) => [key, definition(desc)])),
      Object.fromEntries(handlers),
    );
  };
  const answered = (desc: DescMethod, answer: UnaryAnswer | undefined) => answer && handler(desc, answer, calls);
  for (const service of ["RuntimeService", "ImageService"]) {
    const methods = Object.entries<DescMethod>(METHODS).filter(([, desc]) => desc.parent.name === service);
    serve(methods, (key, desc) => {
      const stream = streams[key as StreamKey] as ((request: Message) => Iterable<object>) | undefined;
      if (stream) return streamHandler(desc, stream, calls);
      return answered(desc, all[key as UnaryKey] as UnaryAnswer | undefined);
    });
  }
  if (beside) {
    serve(Object.entries(beside.methods), (key, desc) =>
      answered(desc, beside.answers[key] as UnaryAnswer | undefined),
    );
  }
  const socketPath = at ?? `${folder.path}/cri.sock`;
  await mkdir(dirname(socketPath), { recursive: true });
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${socketPath}`, ServerCredentials.createInsecure(), (error) =>
      error ? reject(error) : resolve(),
    );
  });
  return {
    socketPath,
    sandboxes,
    calls,
    crash: () => server.forceShutdown(),
    close: async () => {
      server.forceShutdown();
      await folder.remove();
      await rm(dirname(socketPath), { recursive: true, force: true });
    },
  };
}

function definition(desc: DescMethod) {
  return {
    path: `/${desc.parent.typeName}/${desc.name}`,
    requestStream: false,
    responseStream: desc.methodKind === "server_streaming",
    requestSerialize: (message: Message) => Buffer.from(toBinary(desc.input, message)),
    requestDeserialize: (bytes: Buffer) => fromBinary(desc.input, bytes),
    responseSerialize: (message: Message | Uint8Array) =>
      Buffer.from(message instanceof Uint8Array ? message : toBinary(desc.output, message)),
    responseDeserialize: (bytes: Buffer) => fromBinary(desc.output, bytes),
  };
}

type UnaryAnswer = (request: Message, call: CallFacts) => unknown;

function handler(desc: DescMethod, answer: UnaryAnswer, calls: string[]) {
  return (call: ServerUnaryCall<Message, Message>, done: sendUnaryData<Message>): void => {
    calls.push(desc.name);
    Promise.resolve()
      .then(() => answer(call.request, { hasDeadline: call.getDeadline() !== Infinity }))
      .then(
        // Bytes are sent as they are, whatever they mean.
        (init) =>
          done(
            null,
            init instanceof Uint8Array ? (init as never) : create(desc.output, init as Record<string, unknown>),
          ),
        (error: unknown) =>
          done({ code: error instanceof Refusal ? error.code : status.INTERNAL, details: (error as Error).message }),
      );
  };
}

function streamHandler(desc: DescMethod, stream: (request: Message) => Iterable<object>, calls: string[]) {
  return (call: ServerWritableStream<Message, Message>): void => {
    calls.push(desc.name);
    for (const init of stream(call.request)) call.write(create(desc.output, init as Record<string, unknown>));
    call.end();
  };
}

function sandboxAnswers(sandboxes: FakeRuntime["sandboxes"]): Answers {
  let count = 0;
  const find = (id: string) => {
    const found = sandboxes.get(id);
    if (!found) throw new Refusal(status.NOT_FOUND, `no sandbox ${id}`);
    return found;
  };
  return {
    version: () => ({ version: "0.1.0", runtimeName: "fake", runtimeVersion: "1.0.0", runtimeApiVersion: "v1" }),
    status: () => ({}),
    runPodSandbox: ({ config }) => {
      const podSandboxId = `sandbox-${count++}`;
      sandboxes.set(podSandboxId, { config: config!, state: PodSandboxState.SANDBOX_READY });
      return { podSandboxId };
    },
    stopPodSandbox: ({ podSandboxId }) => {
      find(podSandboxId).state = PodSandboxState.SANDBOX_NOTREADY;
      return {};
    },
    removePodSandbox: ({ podSandboxId }) => {
      sandboxes.delete(podSandboxId);
      return {};
    },
    podSandboxStatus: ({ podSandboxId }) => {
      const { config, state } = find(podSandboxId);
      return { status: { id: podSandboxId, state, metadata: config.metadata, labels: config.labels } as never };
    },
    // Ignores filters, as a careless runtime does.
    listPodSandbox: () => ({
      items: [...sandboxes].map(
        ([id, { config, state }]) => ({ id, state, metadata: config.metadata, labels: config.labels }) as never,
      ),
    }),
  };
}
