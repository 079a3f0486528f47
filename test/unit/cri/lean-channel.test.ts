import { status } from "@grpc/grpc-js";
import { expect } from "chai";
import { afterEach, describe, it } from "mocha";
import { createServer, type Http2Server } from "node:http2";
import { join } from "node:path";
import { CriConnection } from "../../../src/cri/client.js";
import { parseEndpoint } from "../../../src/cri/endpoint.js";
import { RpcError } from "../../../src/cri/rpc-error.js";
import { createTempFolder } from "../../../src/support/temp-folder.js";
import { Refusal, startFakeRuntime, type Answers, type FakeRuntime } from "../../support/fake-runtime.js";

describe("the lean channel", () => {
  let runtime: FakeRuntime | undefined;
  let connection: CriConnection | undefined;

  async function connect(answers: Answers = {}) {
    runtime = await startFakeRuntime(answers);
    connection = new CriConnection(parseEndpoint(runtime.socketPath));
    return connection.rpc({ lean: true, timeoutMs: 5000 });
  }

  const refusal = async (call: Promise<unknown>): Promise<RpcError> => {
    const error = await call.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(RpcError);
    return error as RpcError;
  };

  afterEach(async () => {
    connection?.close();
    await runtime?.close();
    connection = undefined;
    runtime = undefined;
  });

  it("gives the same replies as the other one", async () => {
    const rpc = await connect();
    expect(await rpc.version({})).to.deep.equal(await connection!.rpc().version({}));
    const big = "x".repeat(3 << 20);
    runtime!.calls.length = 0;
    expect(await rpc.listPodSandbox({ filter: { labelSelector: { big } } })).to.have.property("items");
    expect(runtime!.calls).to.deep.equal(["ListPodSandbox"]);
  });

  it("gives large replies whole", async () => {
    const version = "y".repeat(5 << 20);
    const rpc = await connect({ version: () => ({ version: "0.1.0", runtimeName: version }) });
    expect((await rpc.version({})).runtimeName).to.equal(version);
  });

  it("tells the runtime's code and words", async () => {
    const words = "no such sandbox: 100% gone, süß\n";
    const rpc = await connect({
      podSandboxStatus: () => {
        throw new Refusal(status.NOT_FOUND, words);
      },
    });
    const error = await refusal(rpc.podSandboxStatus({ podSandboxId: "x" }));
    expect(error).to.include({ code: status.NOT_FOUND, details: words, local: false });
    expect(await refusal(rpc.checkpointContainer({}))).to.include({ code: status.UNIMPLEMENTED });
  });

  it("ends a call at its deadline, and says that it did so itself", async () => {
    const rpc = await connect({ version: () => new Promise(() => undefined) });
    const error = await refusal(rpc.version({}, { timeoutMs: 50 }));
    expect(error).to.include({ code: status.DEADLINE_EXCEEDED, local: true });
  });

  it("ends a call that is given up", async () => {
    const controller = new AbortController();
    const rpc = await connect({
      version: () => {
        controller.abort();
        return new Promise(() => undefined);
      },
    });
    const error = await refusal(rpc.version({}, { signal: controller.signal }));
    expect(error).to.include({ code: status.CANCELLED, local: true });
  });

  it("fails with Unavailable when the runtime goes, and works again when it is back", async () => {
    const rpc = await connect({
      status: () => {
        runtime!.crash();
        return new Promise(() => undefined);
      },
    });
    await rpc.version({});
    expect(await refusal(rpc.status({}))).to.include({ code: status.UNAVAILABLE, local: false });
    const { socketPath } = runtime!;
    await runtime!.close();
    runtime = await startFakeRuntime({}, socketPath);
    expect(await rpc.version({})).to.have.property("version");
  });

  it("fails with Unavailable where nothing listens", async () => {
    connection = new CriConnection(parseEndpoint("/no/such.sock"));
    const error = await refusal(connection.rpc({ lean: true }).version({}));
    expect(error).to.include({ code: status.UNAVAILABLE });
    expect(error.details).to.include("ENOENT");
  });

  const garbage: [string, Buffer, Record<string, string>][] = [
    ["no message", Buffer.alloc(0), { "grpc-status": "0" }],
    ["half a message", Buffer.from([0, 0, 0, 0, 9, 1]), { "grpc-status": "0" }],
    ["two messages", Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), { "grpc-status": "0" }],
    ["a compressed message", Buffer.from([1, 0, 0, 0, 0]), { "grpc-status": "0" }],
    ["no status", Buffer.from([0, 0, 0, 0, 0]), {}],
  ];
  for (const [what, body, trailers] of garbage) {
    it(`refuses ${what}`, async () => {
      await using folder = await createTempFolder("test");
      const socketPath = join(folder.path, "s.sock");
      const server: Http2Server = createServer();
      server.on("stream", (stream) => {
        stream.respond({ ":status": 200 }, { waitForTrailers: true });
        stream.on("wantTrailers", () => stream.sendTrailers(trailers));
        stream.end(body);
      });
      await new Promise<void>((resolve) => server.listen(socketPath, resolve));
      connection = new CriConnection(parseEndpoint(socketPath));
      try {
        const error = await refusal(connection.rpc({ lean: true, timeoutMs: 5000 }).version({}));
        expect(error.code).to.be.oneOf([status.INTERNAL, status.UNKNOWN]);
      } finally {
        connection.close();
        server.close();
      }
    });
  }
});
