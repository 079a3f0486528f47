import { expect } from "chai";
import { describe, it } from "mocha";
import { PassThrough } from "node:stream";
import { echoLine } from "../../../../src/bench/scenarios/streams.js";

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
