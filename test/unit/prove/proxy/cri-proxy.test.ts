import { create } from "@bufbuild/protobuf";
import { expect } from "chai";
import { existsSync } from "node:fs";
import { createServer, connect, type AddressInfo, type Server } from "node:net";
import { afterEach, beforeEach, describe, it } from "mocha";
import { status } from "@grpc/grpc-js";
import { CriConnection } from "../../../../src/cri/client.js";
import { parseEndpoint } from "../../../../src/cri/endpoint.js";
import { ContainerEventResponseSchema } from "../../../../src/cri/gen/runtime/v1/api_pb.js";
import { CallStatus } from "../../../../src/prove/proxy/call-status.js";
import { CriProxy } from "../../../../src/prove/proxy/cri-proxy.js";
import { createTempFolder, type TempFolder } from "../../../../src/support/temp-folder.js";
import { Refusal, startFakeRuntime, type FakeRuntime } from "../../../support/fake-runtime.js";
import { rejection } from "../../../support/rejection.js";

describe("fault-injecting proxy", () => {
  let folder: TempFolder;
  let runtime: FakeRuntime;
  let proxy: CriProxy;
  let connection: CriConnection;
  let streamingServer: Server;
  let url: string;
  /** Ends a call that the runtime leaves unanswered. */
  let asked: Promise<void>;

  beforeEach(async () => {
    folder = await createTempFolder("proxy-test");
    streamingServer = createServer({ allowHalfOpen: true }, (socket) => {
      // Answers what it got once the client has closed its half.
      let text = "";
      socket.on("data", (chunk) => (text += chunk.toString()));
      socket.on("end", () => socket.end(`got ${text}`));
      socket.on("error", () => undefined);
    });
    await new Promise<void>((resolve) => streamingServer.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(streamingServer.address() as AddressInfo).port}/exec/a%2Fb`;
    let noteAsked: () => void = () => undefined;
    asked = new Promise((resolve) => (noteAsked = resolve));
    runtime = await startFakeRuntime({
      exec: () => ({ url }),
      execSync: ({ cmd }) => ({ stdout: Buffer.alloc(Number(cmd[0]), "x"), exitCode: 3 }),
      stopContainer: () => {
        throw new Refusal(status.NOT_FOUND, "no such container: ü 100%");
      },
      startContainer: () => {
        noteAsked();
        return new Promise(() => undefined);
      },
    });
    proxy = await CriProxy.start(`${folder.path}/proxy.sock`, { runtime: parseEndpoint(runtime.socketPath) });
    connection = new CriConnection(parseEndpoint(`${folder.path}/proxy.sock`));
  });

  afterEach(async () => {
    connection.close();
    await proxy.close();
    streamingServer.close();
    await runtime.close();
    await folder.remove();
  });

  it("passes replies on, however large", async () => {
    const rpc = connection.rpc();
    expect((await rpc.version({})).runtimeName).to.equal("fake");
    const { stdout, exitCode } = await rpc.execSync({ cmd: [String(20 << 20)] });
    expect(stdout.length).to.equal(20 << 20);
    expect(exitCode).to.equal(3);
  });

  it("passes refusals on with code and words, decoded or not", async () => {
    const rpc = connection.rpc();
    const plain = await rejection(rpc.stopContainer({ containerId: "x" }));
    proxy.disturb({ interceptors: { stopContainer: (call) => call.forward() } });
    const decoded = await rejection(rpc.stopContainer({ containerId: "x" }));
    for (const error of [plain, decoded]) {
      expect(error).to.include({ code: 5, details: "no such container: ü 100%" });
    }
  });

  it("passes on that the contract knows no such RPC, and RPCs that the runtime does not have", async () => {
    expect(await rejection(connection.rpc().runtimeConfig({}))).to.include({ code: 12 });
  });

  it("keeps the client's deadline and lets go of the call", async () => {
    const error = await rejection(connection.rpc().startContainer({ containerId: "x" }, { timeoutMs: 100 }));
    expect(error).to.include({ codeName: "DeadlineExceeded" });
  });

  it("passes a cancellation on", async () => {
    const abort = new AbortController();
    const call = rejection(connection.rpc().startContainer({ containerId: "x" }, { signal: abort.signal }));
    await asked;
    abort.abort();
    expect(await call).to.include({ codeName: "Canceled" });
  });

  it("says Unavailable when the runtime is not there", async () => {
    runtime.crash();
    expect(await rejection(connection.rpc().version({}))).to.include({ code: 14 });
  });

  it("lets an interceptor change requests and replies and make other calls", async () => {
    proxy.disturb({
      interceptors: {
        execSync: async (call) => {
          (call.request as unknown as { cmd: string[] }).cmd = ["7"];
          const reply = (await call.forward()) as unknown as { exitCode: number };
          reply.exitCode = 9;
          await call.rpc.version({});
          return reply as never;
        },
      },
    });
    const { stdout, exitCode } = await connection.rpc().execSync({ cmd: ["1"] });
    expect({ length: stdout.length, exitCode }).to.deep.equal({ length: 7, exitCode: 9 });
    expect(runtime.calls).to.include("Version");
    proxy.disturb({});
    expect((await connection.rpc().execSync({ cmd: ["1"] })).exitCode).to.equal(3);
  });

  it("answers with a status of the interceptor's own", async () => {
    proxy.disturb({ interceptors: { version: () => Promise.reject(CallStatus.of("Internal", "50% broken\n")) } });
    const error = await rejection(connection.rpc().version({}));
    expect(error).to.include({ codeName: "Internal", details: "50% broken\n" });
  });

  it("answers a server stream of the interceptor's own, with a status at the end", async () => {
    proxy.disturb({
      interceptors: {
        getContainerEvents: async function* (call) {
          yield create(ContainerEventResponseSchema, { containerId: "a" });
          await call.rpc.version({});
          throw CallStatus.of("Aborted", "enough");
        },
      },
    });
    const seen: string[] = [];
    const error = await rejection(
      (async () => {
        for await (const event of connection.rpc().getContainerEvents({})) seen.push(event.containerId);
      })(),
    );
    expect(seen).to.deep.equal(["a"]);
    expect(error).to.include({ codeName: "Aborted" });
  });

  it("resets, cuts and disconnects calls", async () => {
    proxy.disturb({
      interceptors: {
        version: (call) => Promise.resolve(call.reset()) as never,
        status: async (call) => call.sendCut(await call.forward()) as never,
        execSync: (call) => Promise.resolve(call.disconnect()) as never,
      },
    });
    const rpc = connection.rpc();
    for (const call of [rpc.version({}), rpc.status({}), rpc.execSync({ cmd: ["1"] })]) {
      expect(await rejection(call)).to.have.property("name", "RpcError");
    }
    proxy.disturb({});
    expect((await connection.rpc().version({})).runtimeName).to.equal("fake");
  });

  it("leads streaming connections through itself, half-closes included", async () => {
    const own = (await connection.rpc().exec({ containerId: "x" })).url;
    expect(own).to.match(/^http:\/\/127\.0\.0\.1:\d+\/exec\/a%2Fb$/);
    expect(own).to.not.equal(url);
    expect(await talk(own, "hello")).to.equal("got hello");
  });

  it("lets a relay fault decide about streaming connections", async () => {
    const own = (await connection.rpc().exec({ containerId: "x" })).url;
    proxy.disturb({ relay: ({ client }) => client.end("nothing") });
    expect(await talk(own, "hello")).to.equal("nothing");
  });

  it("removes its socket", async () => {
    await proxy.close();
    expect(existsSync(`${folder.path}/proxy.sock`)).to.equal(false);
  });
});

/** Sends a text to the URL's server, closes this half and returns the answer. */
async function talk(url: string, text: string): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port: Number(new URL(url).port), allowHalfOpen: true });
  socket.end(text);
  let answer = "";
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}
