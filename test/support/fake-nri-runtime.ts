import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import {
  create,
  fromBinary,
  toBinary,
  type DescMessage,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import {
  ConfigureRequestSchema,
  ConfigureResponseSchema,
  RegisterPluginRequestSchema,
  SynchronizeRequestSchema,
  SynchronizeResponseSchema,
} from "../../src/nri/gen/nri/v1alpha1/api_pb.js";
import { Multiplexer } from "../../src/nri/multiplexer.js";
import { serveTtrpc, TtrpcClient } from "../../src/nri/ttrpc.js";
import { createTempFolder } from "../../src/support/temp-folder.js";

type Synchronization = MessageInitShape<typeof SynchronizeRequestSchema>;

/** The runtime's end of NRI, in this process. */
export interface FakeNriRuntime {
  socketPath: string;
  /** `INDEX-NAME` of the plugins that registered. */
  registered: string[];
  /** The events that the last plugin subscribed to. */
  events: () => number;
  /** Calls a method of the plugin that connected last. */
  call<I extends DescMessage, O extends DescMessage>(
    method: string,
    input: I,
    request: MessageInitShape<I>,
    output: O,
  ): Promise<MessageShape<O>>;
  /** Ends the plugin's connection. */
  drop(): void;
  close(): Promise<void>;
}

/** Starts the fake with these messages of synchronization; `refuse` makes it answer registrations with an error. */
export async function startFakeNriRuntime(
  synchronizations: Synchronization[] = [{}],
  { refuse = false } = {},
): Promise<FakeNriRuntime> {
  const folder = await createTempFolder("fake-nri");
  const socketPath = `${folder.path}/nri.sock`;
  const registered: string[] = [];
  let events = 0;
  let client: TtrpcClient | undefined;
  let connection: Socket | undefined;

  const call: FakeNriRuntime["call"] = async (method, input, request, output) => {
    const payload = toBinary(input, create(input, request));
    const reply = await client!.call({ service: "nri.pkg.api.v1alpha1.Plugin", method, payload });
    return fromBinary(output, reply);
  };
  const introduce = async (): Promise<void> => {
    const configuration = { runtimeName: "fake", requestTimeout: 2000n };
    ({ events } = await call("Configure", ConfigureRequestSchema, configuration, ConfigureResponseSchema));
    for (const message of synchronizations) {
      const { more } = await call("Synchronize", SynchronizeRequestSchema, message, SynchronizeResponseSchema);
      // So do runtimes: a plugin that does not repeat it would take the first part for the whole.
      if (more !== (message.more ?? false)) connection?.destroy();
    }
  };
  const server = createServer((socket) => {
    connection = socket.on("error", () => undefined);
    const multiplexer = new Multiplexer(socket);
    client = new TtrpcClient(multiplexer.channel(1));
    serveTtrpc(multiplexer.channel(2), ({ payload }) => {
      if (refuse) throw new Error("no plugins today");
      const { pluginIdx, pluginName } = fromBinary(RegisterPluginRequestSchema, payload);
      registered.push(`${pluginIdx}-${pluginName}`);
      setImmediate(() => void introduce().catch(() => undefined));
      return Promise.resolve(new Uint8Array());
    });
  });
  server.listen(socketPath);
  await once(server, "listening");
  return {
    socketPath,
    registered,
    events: () => events,
    call,
    drop: () => void connection?.destroy(),
    close: async () => {
      connection?.destroy();
      server.close();
      await folder.remove();
    },
  };
}
