import { expect } from "chai";
import fc from "fast-check";
import { describe, it } from "mocha";
import { PeerProtocolError } from "../../../src/streaming/errors.js";
import { codecOf } from "../../../src/streaming/websocket/channel-codec.js";
import { encodeFrame, FrameDecoder, Opcode } from "../../../src/streaming/websocket/frames.js";
import { inChunks } from "./chunks.js";

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));
const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 });
const frame = fc.oneof(
  fc.record({ opcode: fc.constant(Opcode.binary), payload: bytes(300) }),
  fc.record({ opcode: fc.constantFrom(Opcode.ping, Opcode.pong, Opcode.close), payload: bytes(125) }),
);

function decode(chunks: Buffer[], expectMasked: boolean): { payload: Buffer; controls: [number, Buffer][] } {
  const payload: Buffer[] = [];
  const controls: [number, Buffer][] = [];
  const handler = {
    onPayload: (piece: Buffer) => payload.push(Buffer.from(piece)),
    onControl: (opcode: number, body: Buffer) => controls.push([opcode, body]),
  };
  const decoder = new FrameDecoder(handler, expectMasked);
  for (const chunk of chunks) decoder.push(chunk);
  expect(decoder.isMidFrame).to.equal(false);
  return { payload: Buffer.concat(payload), controls };
}

describe("WebSocket framing", () => {
  it("comes back as it was sent, masked or not, however the bytes are cut", () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 15 }), sizes, fc.boolean(), (frames, cuts, masked) => {
        const wire = Buffer.concat(frames.map(({ opcode, payload }) => encodeFrame(opcode, payload, masked)));
        const { payload, controls } = decode(inChunks(wire, cuts), masked);
        const data = frames.filter(({ opcode }) => opcode === Opcode.binary).map((each) => each.payload);
        expect(payload).to.deep.equal(Buffer.concat(data));
        const others = frames.filter(({ opcode }) => opcode !== Opcode.binary);
        expect(controls).to.deep.equal(others.map((each) => [each.opcode, each.payload]));
      }),
    );
  });

  it("carries every length across the three length forms", () => {
    for (const length of [0, 1, 125, 126, 127, 65535, 65536, 200_000]) {
      const payload = Buffer.alloc(length, 7);
      expect(decode([encodeFrame(Opcode.binary, payload, true)], true).payload.equals(payload)).to.equal(true);
    }
  });

  it("joins fragments, with control frames between them", () => {
    const wire = Buffer.concat([
      Buffer.from([0x02, 1, 65]),
      Buffer.from([0x89, 1, 9]),
      Buffer.from([0x00, 1, 66]),
      Buffer.from([0x80, 1, 67]),
    ]);
    const { payload, controls } = decode([wire], false);
    expect(payload.toString()).to.equal("ABC");
    expect(controls).to.deep.equal([[Opcode.ping, Buffer.of(9)]]);
  });

  const refused: [string, number[]][] = [
    ["reserved bits", [0xc2, 0]],
    ["a masked frame to a client", [0x82, 0x80, 0, 0, 0, 0]],
    ["a text message", [0x81, 0]],
    ["a continuation of nothing", [0x80, 0]],
    ["a message inside a message", [0x02, 0, 0x82, 0]],
    ["a fragmented ping", [0x09, 0]],
    ["a ping of over 125 bytes", [0x89, 126, 0, 126]],
    ["an unknown control frame", [0x8b, 0]],
    ["a frame of 4 GB", [0x82, 127, 0, 0, 0, 1, 0, 0, 0, 0]],
    ["a frame of 2^63 bytes", [0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0]],
  ];
  for (const [name, wire] of refused) {
    it(`refuses ${name}`, () => {
      expect(() => decode([Buffer.from(wire)], false)).to.throw(PeerProtocolError);
    });
  }

  it("raises a protocol error and nothing else when the bytes are random", () => {
    fc.assert(
      fc.property(bytes(300), sizes, fc.boolean(), (noise, cuts, expectMasked) => {
        const decoder = new FrameDecoder({ onPayload: () => undefined, onControl: () => undefined }, expectMasked);
        try {
          for (const chunk of inChunks(noise, cuts)) decoder.push(chunk);
        } catch (error) {
          expect(error).to.be.instanceOf(PeerProtocolError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("channel messages", () => {
  for (const protocol of ["v4.channel.k8s.io", "v4.base64.channel.k8s.io"]) {
    it(`of ${protocol} come back as they were sent`, () => {
      const codec = codecOf(protocol);
      fc.assert(
        fc.property(fc.nat(9), bytes(500), (channel, payload) => {
          const message = Buffer.from(codec.encode(channel, payload));
          expect(codec.decode(message)).to.deep.equal({ channel, bytes: payload });
        }),
      );
    });
  }

  it("in base64 look as Kubernetes documents them", () => {
    expect(codecOf("base64.channel.k8s.io").encode(0, Buffer.from("foo\n"))).to.equal("0Zm9vCg==");
  });

  it("refuse what is no base64", () => {
    for (const text of ["1a", "1****", "1Zm9vCg=", "1Z=9vCg=="]) {
      expect(() => codecOf("base64.channel.k8s.io").decode(Buffer.from(text)), text).to.throw(PeerProtocolError);
    }
  });

  it("without any byte name no channel", () => {
    expect(codecOf("v4.channel.k8s.io").decode(Buffer.alloc(0))).to.equal(undefined);
    expect(codecOf("base64.channel.k8s.io").decode(Buffer.alloc(0))).to.equal(undefined);
  });
});
