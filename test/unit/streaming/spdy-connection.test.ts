import { once } from "node:events";
import { duplexPair } from "node:stream";
import { buffer } from "node:stream/consumers";
import { expect } from "chai";
import fc from "fast-check";
import { describe, it } from "mocha";
import { ChannelReadable, ChannelWritable } from "../../../src/streaming/channel-streams.js";
import {
  ConnectionLostError,
  PeerProtocolError,
  SessionClosedError,
  StreamResetError,
} from "../../../src/streaming/errors.js";
import { SpdyConnection } from "../../../src/streaming/spdy/connection.js";
import { encodeControlFrame, ResetStatus } from "../../../src/streaming/spdy/frames.js";
import { HeaderCompressor } from "../../../src/streaming/spdy/header-codec.js";
import type { SpdyStream } from "../../../src/streaming/spdy/stream.js";
import { rejection } from "../../support/rejection.js";

/** A client and a server, joined in memory; without `onStream` the server refuses streams. */
function joined(onStream?: (stream: SpdyStream) => void) {
  const [clientEnd, serverEnd] = duplexPair();
  const client = new SpdyConnection(clientEnd, { role: "client" });
  const server = new SpdyConnection(serverEnd, { role: "server", ...(onStream && { onStream }) });
  return { client, server, clientEnd, serverEnd };
}

const accept = (stream: SpdyStream) => stream.reply();
const echo = (stream: SpdyStream) => {
  stream.reply();
  const output = new ChannelWritable(stream, "test");
  new ChannelReadable(stream).pipe(output);
};

describe("SpdyConnection", () => {
  it("carries any bytes on any number of streams, each in order and whole", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.uint8Array({ maxLength: 5000 }), { maxLength: 6 }), { minLength: 1, maxLength: 8 }),
        async (streams) => {
          const { client } = joined(echo);
          await Promise.all(
            streams.map(async (pieces) => {
              const stream = client.openStream({ streamtype: "data" });
              const input = new ChannelWritable(stream, "test");
              const output = new ChannelReadable(stream);
              for (const piece of pieces) input.write(piece);
              input.end();
              expect((await buffer(output)).equals(Buffer.concat(pieces))).to.equal(true);
            }),
          );
          expect(client.openStreamIds).to.deep.equal([]);
          client.abort(new SessionClosedError("done"));
        },
      ),
      { numRuns: 50 },
    ));

  it("hands over the headers of the stream and of the reply", async () => {
    const { client } = joined((stream) => stream.reply({ "x-port": stream.headers.port ?? "" }));
    const stream = client.openStream({ port: "80", streamType: "data" });
    expect(await stream.opened).to.deep.equal({ "x-port": "80" });
  });

  it("opens odd streams as a client and even ones as a server", async () => {
    const [clientEnd, serverEnd] = duplexPair();
    const client = new SpdyConnection(clientEnd, { role: "client", onStream: accept });
    const server = new SpdyConnection(serverEnd, { role: "server", onStream: accept });
    expect([client.openStream({}).id, client.openStream({}).id]).to.deep.equal([1, 3]);
    const second = server.openStream({});
    expect(second.id).to.equal(2);
    await second.opened;
  });

  it("refuses streams that a server opens unasked", async () => {
    const { server } = joined();
    const error = await rejection(server.openStream({}).opened);
    expect(error).to.be.instanceOf(StreamResetError);
    expect((error as StreamResetError).status).to.equal(ResetStatus.refusedStream);
  });

  it("answers pings, and measures its own", async () => {
    const { client, server } = joined();
    const roundTrips = await Promise.all([client.ping(), client.ping(), server.ping()]);
    for (const roundTripMs of roundTrips) expect(roundTripMs).to.be.at.least(0);
  });

  it("fails one stream when the peer resets it, and keeps the others", async () => {
    const { client } = joined((stream) => {
      if (stream.headers.name === "bad") stream.reset(ResetStatus.internalError);
      else echo(stream);
    });
    const bad = client.openStream({ name: "bad" });
    const good = client.openStream({ name: "good" });
    const badOutput = new ChannelReadable(bad);
    const goodOutput = new ChannelReadable(good);
    expect(await rejection(bad.opened)).to.be.instanceOf(StreamResetError);
    const error = (await rejection(buffer(badOutput))) as StreamResetError;
    expect(error.message).to.contain("INTERNAL_ERROR (6)");
    good.send(Buffer.from("on"), () => undefined);
    expect(String(await once(goodOutput, "data"))).to.equal("on");
  });

  it("ignores what still arrives for a stream that it gave up", async () => {
    const received: SpdyStream[] = [];
    const { client } = joined((stream) => {
      stream.reply();
      received.push(stream);
    });
    const stream = client.openStream({});
    await stream.opened;
    stream.abandon();
    received[0]!.send(Buffer.from("late"), () => undefined);
    received[0]!.finish(() => undefined);
    await client.ping();
    expect(client.openStreamIds).to.deep.equal([]);
  });

  it("sends a large chunk in frames of at most 64 KiB", async () => {
    const sizes: number[] = [];
    const { client } = joined((stream) => {
      stream.reply();
      stream.sink = {
        onData: (chunk) => sizes.push(chunk.length) > 0,
        onEnd: () => undefined,
        onFail: () => undefined,
      };
    });
    const input = new ChannelWritable(client.openStream({}), "test");
    input.write(Buffer.alloc(200_000));
    await new Promise<void>((resolve) => input.end(() => resolve()));
    await client.ping();
    expect(Math.max(...sizes)).to.be.at.most(64 * 1024);
    expect(sizes.reduce((sum, size) => sum + size, 0)).to.equal(200_000);
  });

  it("does not wait for WINDOW_UPDATE and lives with SETTINGS and unknown frames", async () => {
    const { client, serverEnd } = joined(echo);
    serverEnd.write(
      Buffer.concat([
        encodeControlFrame({ type: "settings", entries: [{ id: 7, flags: 0, value: 1024 }] }),
        Buffer.from([0x80, 3, 0, 77, 0, 0, 0, 2, 1, 2]),
        encodeControlFrame({ type: "windowUpdate", streamId: 1, deltaBytes: 1 }),
      ]),
    );
    const stream = client.openStream({});
    const input = new ChannelWritable(stream, "test");
    const output = new ChannelReadable(stream);
    input.end(Buffer.alloc(300_000));
    expect((await buffer(output)).length).to.equal(300_000);
  });

  it("opens nothing after GOAWAY, and takes the end that follows as orderly", async () => {
    const { client, server, clientEnd } = joined(accept);
    await client.openStream({}).opened;
    server.sendFrame({ type: "goAway", lastStreamId: 1, status: 0 });
    await client.ping();
    expect(() => client.openStream({})).to.throw(SessionClosedError, /GOAWAY/);
    clientEnd.destroy(new Error("reset, because the server did not read all"));
    expect(await client.ended).to.deep.equal({ by: "peer" });
  });

  it("fails streams that the peer did not end before it ended the connection", async () => {
    const { client, serverEnd } = joined(accept);
    const stream = client.openStream({});
    const output = new ChannelReadable(stream);
    await stream.opened;
    serverEnd.end();
    expect(await rejection(buffer(output))).to.be.instanceOf(ConnectionLostError);
    expect(await client.ended).to.deep.equal({ by: "peer" });
  });

  it("calls an end inside a frame a lost connection", async () => {
    const { client, serverEnd } = joined(accept);
    serverEnd.end(Buffer.from([0x80, 3, 0]));
    const end = await client.ended;
    expect(end.by === "error" && end.error).to.be.instanceOf(ConnectionLostError);
  });

  it("rejects pings, openings and writes that the end of the connection overtakes", async () => {
    const { client, clientEnd } = joined();
    const stream = client.openStream({});
    const waits = [client.ping(), stream.opened];
    clientEnd.destroy(new Error("cable cut"));
    for (const wait of waits) expect(await rejection(wait)).to.be.instanceOf(ConnectionLostError);
    const error = await new Promise((resolve) => stream.send(Buffer.from("x"), resolve));
    expect(error).to.be.instanceOf(ConnectionLostError);
  });

  it("ends with a protocol error on a stream id of the wrong side", async () => {
    const { client, serverEnd } = joined();
    const headerBlock = new HeaderCompressor().compress({});
    const frame = { streamId: 3, associatedStreamId: 0, priority: 0, fin: false, unidirectional: false, headerBlock };
    serverEnd.write(encodeControlFrame({ type: "synStream", ...frame }));
    const end = await client.ended;
    expect(end.by === "error" && end.error).to.be.instanceOf(PeerProtocolError);
    expect(end.by === "error" && end.error.message).to.contain("opened stream 3");
  });

  it("survives any bytes from the peer with one of its typed ends", () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { maxLength: 10 }), async (noise) => {
        const { client, serverEnd } = joined();
        client.openStream({ streamtype: "error" });
        for (const piece of noise) serverEnd.write(Buffer.from(piece));
        serverEnd.end();
        const end = await client.ended;
        if (end.by === "error") expect(end.error.code).to.be.oneOf(["protocol", "connection-lost"]);
        else expect(end.by).to.equal("peer");
      }),
      { numRuns: 200 },
    ));
});
