import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { expect } from "chai";
import { describe, it } from "mocha";
import { dropFirstSpdyData, dropSpdyFin, onWebSocketFrames } from "../../../../src/prove/proxy/stream-frames.js";
import { StreamRelay, type RelayFault } from "../../../../src/prove/proxy/stream-relay.js";

const request = (protocol: string): Buffer =>
  Buffer.from(`POST / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`);
const response = (protocol: string): Buffer =>
  Buffer.from(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${protocol}\r\nConnection: Upgrade\r\n\r\n`);

/** What server and client get of each other's bytes through a faulty relay. */
async function exchange(fault: RelayFault, fromClient: Buffer[], fromServer: Buffer[]): Promise<[Buffer, Buffer]> {
  const relay = new StreamRelay();
  relay.fault = fault;
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = await relay.rewrite(`http://127.0.0.1:${(server.address() as AddressInfo).port}/x`);
  const accepted = once(server, "connection");
  const client = connect({ host: "127.0.0.1", port: Number(new URL(url).port), allowHalfOpen: true });
  for (const part of fromClient) client.write(part);
  client.end();
  const [socket] = (await accepted) as [Socket];
  const seenByServer = await readAll(socket);
  for (const part of fromServer) socket.write(part);
  socket.end();
  const seenByClient = await readAll(client);
  await relay.close();
  server.close();
  return [seenByServer, seenByClient];
}

/** Reads to the end of the peer's half; toArray would close our own with it. */
async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(socket, "end");
  return Buffer.concat(chunks);
}

const spdyData = (flags: number, data: string): Buffer =>
  Buffer.concat([Buffer.from([0, 0, 0, 1, flags, 0, 0, data.length]), Buffer.from(data)]);

describe("faults in streaming connections", () => {
  it("take the end of a stream from SPDY, however the bytes are cut, and nothing else", async () => {
    let hits = 0;
    const control = Buffer.from([0x80, 3, 0, 1, 1, 0, 0, 2, 7, 7]);
    const sent = Buffer.concat([request("SPDY/3.1"), control, spdyData(0, "abc"), spdyData(1, "de")]);
    const halves = [sent.subarray(0, 25), sent.subarray(25)];
    const [seen] = await exchange(
      dropSpdyFin(() => hits++),
      halves,
      [response("SPDY/3.1")],
    );
    const expected = Buffer.concat([sent.subarray(0, -10), spdyData(0, "de")]);
    expect(seen.toString("hex")).to.equal(expected.toString("hex"));
    expect(hits).to.equal(1);
  });

  it("take the first data of each connection from SPDY, and nothing else", async () => {
    let hits = 0;
    const fault = dropFirstSpdyData(() => hits++);
    const head = request("SPDY/3.1");
    const control = Buffer.from([0x80, 3, 0, 1, 1, 0, 0, 2, 7, 7]);
    const sent = [head, control, spdyData(0, "abc"), spdyData(1, "de")];
    const expected = Buffer.concat([head, control, spdyData(1, "de")]).toString("hex");
    for (const connection of [1, 2]) {
      const [seen] = await exchange(fault, sent, [response("SPDY/3.1")]);
      expect(seen.toString("hex"), `connection ${connection}`).to.equal(expected);
    }
    expect(hits).to.equal(2);
  });

  it("change and drop WebSocket frames of the server", async () => {
    const frame = (text: string): Buffer => Buffer.concat([Buffer.from([0x82, text.length]), Buffer.from(text)]);
    const long = Buffer.alloc(70_000, "x");
    const longFrame = Buffer.concat([Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 1, 0x11, 0x70]), long]);
    const close = Buffer.from([0x88, 0]);
    const edit = (payload: Buffer): Buffer | undefined => {
      if (payload.toString() === "drop") return undefined;
      payload[0] = "X".charCodeAt(0);
      return payload;
    };
    const [, seen] = await exchange(
      onWebSocketFrames(edit),
      [],
      [response("websocket"), frame("abc"), frame("drop"), longFrame, close],
    );
    long[0] = "X".charCodeAt(0);
    const expected = Buffer.concat([response("websocket"), frame("Xbc"), longFrame.subarray(0, 10), long, close]);
    expect(seen.length).to.equal(expected.length);
    expect(seen.equals(expected)).to.equal(true);
  });

  it("pass on what speaks another protocol", async () => {
    // A data frame in SPDY, and several in WebSocket.
    const bytes = spdyData(1, "abc");
    let hits = 0;
    const hit = (): void => void hits++;
    for (const [fault, protocol] of [
      [dropSpdyFin(hit), "websocket"],
      [dropFirstSpdyData(hit), "websocket"],
      [onWebSocketFrames(() => void hits++), "SPDY/3.1"],
    ] as const) {
      const sent = [request(protocol), bytes];
      const answered = [response(protocol), bytes];
      const [seenByServer, seenByClient] = await exchange(fault, sent, answered);
      expect(seenByServer.toString("hex")).to.equal(Buffer.concat(sent).toString("hex"));
      expect(seenByClient.toString("hex")).to.equal(Buffer.concat(answered).toString("hex"));
    }
    expect(hits).to.equal(0);
  });
});
