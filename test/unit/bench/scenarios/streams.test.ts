import { expect } from "chai";
import { describe, it } from "mocha";
import { PassThrough } from "node:stream";
import { connect, createServer, type AddressInfo } from "node:net";
import { echoLine, readBytes, writeBytes } from "../../../../src/bench/scenarios/streams.js";
import { startTcpRelay } from "../../../../src/bench/scenarios/tcp-relay.js";

const signal = new AbortController().signal;
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => "none",
    (error: unknown) => (error as Error).message,
  );

describe("echoLine", () => {
  it("is content when the line comes back, whole or in pieces, and again on the same streams", async () => {
    const whole = new PassThrough();
    await echoLine(whole, whole, signal);
    await echoLine(whole, whole, signal);
    const to = new PassThrough();
    const from = new PassThrough();
    to.on("data", (chunk: Buffer) => {
      for (const byte of chunk) setImmediate(() => from.write(Buffer.of(byte)));
    });
    await echoLine(to, from, signal);
    expect(from.listenerCount("readable")).to.equal(0);
  });

  it("tells what came instead, and that the stream ended", async () => {
    const other = new PassThrough();
    other.write("something else");
    expect(await failure(echoLine(new PassThrough(), other, signal))).to.include('"something else" came instead');
    const ended = new PassThrough();
    ended.end();
    expect(await failure(echoLine(new PassThrough(), ended, signal))).to.include("ended before the echo");
    const broken = new PassThrough();
    const wait = failure(echoLine(new PassThrough(), broken, signal));
    broken.destroy(new Error("reset"));
    expect(await wait).to.equal("reset");
  });

  it("ends with the run", async () => {
    const controller = new AbortController();
    const silent = failure(echoLine(new PassThrough(), new PassThrough(), controller.signal));
    controller.abort(new Error("Ctrl-C"));
    expect(await silent).to.equal("Ctrl-C");
  });
});

describe("transfers", () => {
  it("count the bytes, tell of the first, and leave the streams open", async () => {
    const stream = new PassThrough();
    let isBegun = false;
    const read = readBytes(stream, 200_000, signal, () => (isBegun = true));
    await writeBytes(stream, 100_000, signal);
    await writeBytes(stream, 100_000, signal);
    await read;
    expect({ isBegun, isOpen: stream.writable }).to.deep.equal({ isBegun: true, isOpen: true });
    expect(stream.listenerCount("data")).to.equal(0);
  });

  it("tell of an end that comes too early, and end with the run", async () => {
    const stream = new PassThrough();
    const short = failure(readBytes(stream, 10, signal));
    stream.end("abc");
    expect(await short).to.equal("the stream ended with 7 of 10 bytes to come");
    const controller = new AbortController();
    const silent = failure(readBytes(new PassThrough(), 1, controller.signal));
    controller.abort();
    expect(await silent).to.equal("aborted");
  });

  it("go through the relay both ways", async () => {
    const server = createServer((socket) => void socket.pipe(socket));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const relay = await startTcpRelay({ host: "127.0.0.1", port: (server.address() as AddressInfo).port });
    const socket = connect(relay.port, "127.0.0.1");
    await Promise.all([readBytes(socket, 1_000_000, signal), writeBytes(socket, 1_000_000, signal)]);
    await relay.close();
    await new Promise((resolve) => server.close(resolve));
    socket.destroy();
  });
});
