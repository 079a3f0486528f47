import { constants, createDeflate, inflateSync } from "node:zlib";
import { expect } from "chai";
import fc from "fast-check";
import { describe, it } from "mocha";
import { PeerProtocolError } from "../../../src/streaming/errors.js";
import { HEADER_DICTIONARY, HEADER_DICTIONARY_ID } from "../../../src/streaming/spdy/dictionary.js";
import { FrameDecoder } from "../../../src/streaming/spdy/frame-decoder.js";
import {
  encodeControlFrame,
  encodeDataHeader,
  type ControlFrame,
  type SendableFrame,
} from "../../../src/streaming/spdy/frames.js";
import { HeaderCompressor, HeaderDecompressor, type SpdyHeaders } from "../../../src/streaming/spdy/header-codec.js";
import { inChunks } from "./chunks.js";

const uint31 = fc.integer({ min: 0, max: 0x7fffffff });
const uint32 = fc.integer({ min: 0, max: 0xffffffff });
const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));
const headers: fc.Arbitrary<SpdyHeaders> = fc.dictionary(
  fc.stringMatching(/^[a-z][a-z0-9-]{0,30}$/),
  fc.string({ maxLength: 2000 }),
  { maxKeys: 20 },
);

const controlFrame: fc.Arbitrary<SendableFrame> = fc.oneof(
  fc.record({
    type: fc.constant("synStream" as const),
    streamId: uint31,
    associatedStreamId: uint31,
    priority: fc.integer({ min: 0, max: 7 }),
    fin: fc.boolean(),
    unidirectional: fc.boolean(),
    headerBlock: bytes(200),
  }),
  fc.record({
    type: fc.constantFrom("synReply" as const, "headers" as const),
    streamId: uint31,
    fin: fc.boolean(),
    headerBlock: bytes(200),
  }),
  fc.record({ type: fc.constant("rstStream" as const), streamId: uint31, status: uint32 }),
  fc.record({
    type: fc.constant("settings" as const),
    entries: fc.array(fc.record({ id: fc.nat(0xffffff), flags: fc.nat(0xff), value: uint32 }), { maxLength: 20 }),
  }),
  fc.record({ type: fc.constant("ping" as const), id: uint32 }),
  fc.record({ type: fc.constant("goAway" as const), lastStreamId: uint31, status: uint32 }),
  fc.record({ type: fc.constant("windowUpdate" as const), streamId: uint31, deltaBytes: uint31 }),
);
const dataFrame = fc.record({
  type: fc.constant("data" as const),
  streamId: uint31,
  payload: bytes(500),
  fin: fc.boolean(),
});
type AnyFrame = ControlFrame | { type: "data"; streamId: number; payload: Buffer; fin: boolean };

function encode(frame: AnyFrame): Buffer {
  if (frame.type === "data") {
    return Buffer.concat([encodeDataHeader(frame.streamId, frame.payload.length, frame.fin), frame.payload]);
  }
  return encodeControlFrame(frame as SendableFrame);
}

/** Decodes chunks and joins the pieces of each data frame again: a frame ends where its stream's announced length does. */
function decode(chunks: Buffer[]): { controls: ControlFrame[]; data: Map<number, Buffer>; fins: number[] } {
  const controls: ControlFrame[] = [];
  const data = new Map<number, Buffer>();
  const fins: number[] = [];
  const decoder = new FrameDecoder({
    onControlFrame: (frame) => controls.push(frame),
    onData: (streamId, piece, fin) => {
      data.set(streamId, Buffer.concat([data.get(streamId) ?? Buffer.alloc(0), piece]));
      if (fin) fins.push(streamId);
    },
  });
  for (const chunk of chunks) decoder.push(chunk);
  expect(decoder.isMidFrame).to.equal(false);
  return { controls, data, fins };
}

describe("SPDY header codec", () => {
  it("has the dictionary that SPDY/3 prescribes", () => {
    let [a, b] = [1, 0];
    for (const byte of HEADER_DICTIONARY) {
      a = (a + byte) % 65521;
      b = (b + a) % 65521;
    }
    expect(HEADER_DICTIONARY.length).to.equal(1423);
    expect(((b << 16) | a) >>> 0).to.equal(HEADER_DICTIONARY_ID);
  });

  it("reads back a series of blocks", () => {
    fc.assert(
      fc.property(fc.array(headers, { maxLength: 8 }), (series) => {
        const compressor = new HeaderCompressor();
        const decompressor = new HeaderDecompressor();
        for (const block of series) expect(decompressor.decompress(compressor.compress(block))).to.deep.equal(block);
      }),
    );
  });

  it("writes one zlib stream that any inflater with the dictionary reads", () => {
    const compressor = new HeaderCompressor();
    const blocks = ["error", "stdin", "stdout"].map((streamtype) => compressor.compress({ streamtype }));
    const plain = inflateSync(Buffer.concat(blocks), {
      dictionary: HEADER_DICTIONARY,
      finishFlush: constants.Z_SYNC_FLUSH,
    });
    expect(plain.toString("latin1")).to.match(/error[^]*stdin[^]*stdout/);
  });

  it("reads what a compressor with one long-lived context writes", async () => {
    const deflate = createDeflate({ dictionary: HEADER_DICTIONARY });
    const written: Buffer[] = [];
    deflate.on("data", (chunk: Buffer) => written.push(chunk));
    const decompressor = new HeaderDecompressor();
    for (let round = 0; round < 50; round++) {
      const text = `value ${round} `.repeat(200);
      const pair = Buffer.alloc(4 + 4 + 1 + 4);
      pair.writeUInt32BE(1, 0);
      pair.writeUInt32BE(1, 4);
      pair.write("a", 8);
      pair.writeUInt32BE(text.length, 9);
      deflate.write(Buffer.concat([pair, Buffer.from(text)]));
      await new Promise<void>((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, () => resolve()));
      expect(decompressor.decompress(Buffer.concat(written.splice(0)))).to.deep.equal({ a: text });
    }
    deflate.close();
  });

  it("answers damaged, truncated and random blocks with a protocol error and nothing else", () => {
    fc.assert(
      fc.property(fc.oneof(bytes(300), headers.chain(damagedBlock)), (block) => {
        try {
          new HeaderDecompressor().decompress(block);
        } catch (error) {
          expect(error).to.be.instanceOf(PeerProtocolError);
        }
      }),
    );
  });

  it("refuses a repeated name and an upper-case one", () => {
    const valid = new HeaderCompressor().compress({ a: "1" });
    expect(new HeaderDecompressor().decompress(valid)).to.deep.equal({ a: "1" });
    for (const plain of [pairs(["a", "1"], ["a", "2"]), pairs(["A", "1"]), pairs(["", "1"])]) {
      expect(() => new HeaderDecompressor().decompress(compressPlain(plain))).to.throw(
        PeerProtocolError,
        /repeated name/,
      );
    }
  });
});

describe("SPDY frames", () => {
  it("come back as they were sent, however the bytes are cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(controlFrame, dataFrame), { maxLength: 20 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 }),
        (frames: AnyFrame[], sizes) => {
          const { controls, data, fins } = decode(inChunks(Buffer.concat(frames.map(encode)), sizes));
          expect(controls).to.deep.equal(frames.filter((frame) => frame.type !== "data"));
          const sent = new Map<number, Buffer>();
          const ended: number[] = [];
          for (const frame of frames) {
            if (frame.type !== "data") continue;
            sent.set(frame.streamId, Buffer.concat([sent.get(frame.streamId) ?? Buffer.alloc(0), frame.payload]));
            if (frame.fin) ended.push(frame.streamId);
          }
          expect([...data]).to.deep.equal([...sent]);
          expect(fins).to.deep.equal(ended);
        },
      ),
    );
  });

  it("raise a protocol error and nothing else when the bytes are random", () => {
    fc.assert(
      fc.property(bytes(400), fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (noise, sizes) => {
        const decoder = new FrameDecoder({ onControlFrame: () => undefined, onData: () => undefined });
        try {
          for (const chunk of inChunks(noise, sizes)) decoder.push(chunk);
        } catch (error) {
          expect(error).to.be.instanceOf(PeerProtocolError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("raise a protocol error and nothing else when a byte of a valid frame is changed", () => {
    fc.assert(
      fc.property(controlFrame, fc.nat(), fc.nat(255), (frame, at, value) => {
        const wire = encodeControlFrame(frame);
        wire[at % wire.length] = value;
        const decoder = new FrameDecoder({ onControlFrame: () => undefined, onData: () => undefined });
        try {
          decoder.push(wire);
        } catch (error) {
          expect(error).to.be.instanceOf(PeerProtocolError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("tell when the bytes end inside a frame", () => {
    fc.assert(
      fc.property(fc.oneof(controlFrame, dataFrame), fc.nat(), (frame: AnyFrame, at) => {
        const wire = encode(frame);
        const decoder = new FrameDecoder({ onControlFrame: () => undefined, onData: () => undefined });
        const cut = 1 + (at % (wire.length - 1));
        decoder.push(wire.subarray(0, cut));
        expect(decoder.isMidFrame).to.equal(true);
        decoder.push(wire.subarray(cut));
        expect(decoder.isMidFrame).to.equal(false);
      }),
    );
  });

  it("refuse a control frame over 64 KiB before its body arrives", () => {
    const decoder = new FrameDecoder({ onControlFrame: () => undefined, onData: () => undefined });
    expect(() => decoder.push(Buffer.from([0x80, 3, 0, 2, 0, 1, 0, 1]))).to.throw(PeerProtocolError, /65537 bytes/);
  });

  it("pass the payload of the largest data frame on without collecting it", () => {
    const pieces: number[] = [];
    const decoder = new FrameDecoder({
      onControlFrame: () => undefined,
      onData: (_streamId, piece) => pieces.push(piece.length),
    });
    decoder.push(encodeDataHeader(1, 0xffffff, true));
    const piece = Buffer.alloc(64 * 1024);
    for (let index = 0; index < 255; index++) decoder.push(piece);
    expect(pieces).to.have.length(255);
    expect(decoder.isMidFrame).to.equal(true);
  });
});

function damagedBlock(block: SpdyHeaders): fc.Arbitrary<Buffer> {
  const wire = new HeaderCompressor().compress(block);
  return fc.tuple(fc.nat(wire.length - 1), fc.nat(255), fc.nat(wire.length)).map(([at, value, length]) => {
    const damaged = Buffer.from(wire);
    damaged[at] = value;
    return damaged.subarray(0, length);
  });
}

function pairs(...list: [string, string][]): Buffer {
  const uint32be = (value: number) => Buffer.of(0, 0, value >> 8, value & 0xff);
  return Buffer.concat([
    uint32be(list.length),
    ...list.flat().flatMap((text) => [uint32be(text.length), Buffer.from(text)]),
  ]);
}

/** Bytes as the first block of a zlib stream, in a stored deflate block. */
function compressPlain(plain: Buffer): Buffer {
  const header = new HeaderCompressor().compress({}).subarray(0, 6);
  const length = Buffer.alloc(5);
  length.writeUInt16LE(plain.length, 1);
  length.writeUInt16LE(~plain.length & 0xffff, 3);
  return Buffer.concat([header, length, plain]);
}
