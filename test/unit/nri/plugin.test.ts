import { expect } from "chai";
import { afterEach, describe, it } from "mocha";
import {
  CreateContainerResponseSchema,
  EmptySchema,
  EventRequestSchema,
  StateChangeEventSchema,
} from "../../../src/nri/gen/nri/v1alpha1/api_pb.js";
import { Event, NriPlugin, type NriEvent, type PluginHooks } from "../../../src/nri/index.js";
import { waitUntil } from "../../../src/support/wait-until.js";
import { startFakeNriRuntime, type FakeNriRuntime } from "../../support/fake-nri-runtime.js";
import { rejection } from "../../support/rejection.js";

const identity = { name: "critique", index: "42" };
const silent: PluginHooks = { onSynchronize: () => Promise.resolve(), onEvent: () => Promise.resolve(undefined) };

describe("NriPlugin", () => {
  let runtime: FakeNriRuntime | undefined;
  let plugin: NriPlugin | undefined;

  async function connect(hooks: Partial<PluginHooks> = {}, ...parts: Parameters<typeof startFakeNriRuntime>) {
    runtime = await startFakeNriRuntime(...parts);
    plugin = await NriPlugin.connect(runtime.socketPath, identity, { ...silent, ...hooks });
    return { runtime, plugin };
  }

  afterEach(async () => {
    plugin?.close();
    await runtime?.close();
    plugin = runtime = undefined;
  });

  it("registers, learns what the runtime is and subscribes to all events", async () => {
    const { runtime, plugin } = await connect();
    expect(runtime.registered).to.deep.equal(["42-critique"]);
    expect(plugin.configuration).to.include({ runtimeName: "fake", requestTimeout: 2000n });
    expect(runtime.events()).to.equal(0b111_1111_1111);
  });

  it("is connected once it has been told everything, in however many messages", async () => {
    let told: string[] = [];
    const { plugin } = await connect(
      {
        onSynchronize: (pods, containers) => {
          told = [...pods, ...containers].map(({ id }) => id);
          return Promise.resolve();
        },
      },
      [{ pods: [{ id: "p1" }, { id: "p2" }], more: true }, { containers: [{ id: "c1" }] }],
    );
    expect(told).to.deep.equal(["p1", "p2", "c1"]);
    expect(plugin.closed).to.be.false;
  });

  it("gives events to its hook, whether they come as state changes or as methods of their own", async () => {
    const seen: (string | undefined)[][] = [];
    const onEvent = ({ event, pod, container }: NriEvent) => {
      seen.push([Event[event], pod?.id, container?.id]);
      return Promise.resolve(undefined);
    };
    const { runtime } = await connect({ onEvent });
    const pod = { id: "p" };
    const container = { id: "c" };

    const started = { event: Event.START_CONTAINER, pod, container };
    await runtime.call("StateChange", StateChangeEventSchema, started, EmptySchema);
    await runtime.call("RunPodSandbox", EventRequestSchema, { pod }, EmptySchema);
    await runtime.call("PostCreateContainer", EventRequestSchema, { pod, container }, EmptySchema);
    await runtime.call("Shutdown", EmptySchema, {}, EmptySchema);

    expect(seen).to.deep.equal([
      ["START_CONTAINER", "p", "c"],
      ["RUN_POD_SANDBOX", "p", undefined],
      ["POST_CREATE_CONTAINER", "p", "c"],
    ]);
  });

  it("answers the creation of a container with its adjustment", async () => {
    const { runtime } = await connect({ onEvent: () => Promise.resolve({ env: [{ key: "A", value: "1" }] }) });
    const request = { container: { id: "c" } };
    const reply = await runtime.call("CreateContainer", EventRequestSchema, request, CreateContainerResponseSchema);
    expect(reply.adjust?.env[0]).to.include({ key: "A", value: "1" });
  });

  it("refuses an event with the words of its hook", async () => {
    const { runtime } = await connect({ onEvent: () => Promise.reject(new Error("not this one")) });
    const refused = await rejection(runtime.call("RunPodSandbox", EventRequestSchema, {}, EmptySchema));
    expect(refused).to.have.property("message", "not this one (code 2)");
  });

  it("handles other events while one waits, and messages longer than a write", async () => {
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const { runtime } = await connect({
      onEvent: async ({ pod }) => {
        if (pod?.id === "held") await released;
        return { env: [{ key: "LONG", value: "x".repeat(20_000) }] };
      },
    });
    const create = (id: string) =>
      runtime.call("CreateContainer", EventRequestSchema, { pod: { id } }, CreateContainerResponseSchema);

    const held = create("held");
    const other = await create("other");
    release();

    expect(other.adjust?.env[0]?.value).to.have.length(20_000);
    expect((await held).adjust?.env[0]?.key).to.equal("LONG");
  });

  it("notices that the runtime has ended the connection", async () => {
    const { runtime, plugin } = await connect();
    runtime.drop();
    await waitUntil(() => plugin.closed, { description: "the plugin to be closed", timeoutMs: 5_000 });
  });

  it("fails to connect with the runtime's words, or at once where nobody listens", async () => {
    const refused = await rejection(connect({}, [{}], { refuse: true }));
    expect(refused).to.have.property("message", "no plugins today (code 2)");
    const nobody = await rejection(NriPlugin.connect(`${runtime?.socketPath}.other`, identity, silent));
    expect(nobody).to.have.property("code", "ENOENT");
  });
});
