import { expect } from "chai";
import fc from "fast-check";
import { describe, it } from "mocha";
import { FrameReader } from "../../../src/nri/frame-reader.js";

const reader = (): FrameReader => new FrameReader(2, (header) => header.readUInt16BE(0), 100);

function frame(payload: Uint8Array): Buffer {
  const header = Buffer.alloc(2);
  header.writeUInt16BE(payload.length);
  return Buffer.concat([header, payload]);
}

describe("FrameReader", () => {
  it("finds the same frames wherever the stream is cut", () => {
    const payloads = fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 8 });
    fc.assert(
      fc.property(payloads, fc.integer({ min: 1, max: 50 }), (sent, chunkBytes) => {
        const stream = Buffer.concat(sent.map(frame));
        const frames = reader();
        const got: Buffer[] = [];
        for (let start = 0; start < stream.length; start += chunkBytes) {
          got.push(...frames.push(stream.subarray(start, start + chunkBytes)).map(({ payload }) => payload));
        }
        expect(got.map((payload) => payload.toString("hex"))).to.deep.equal(
          sent.map((payload) => Buffer.from(payload).toString("hex")),
        );
      }),
    );
  });

  it("refuses a frame that is longer than allowed as soon as its header is there", () => {
    expect(() => reader().push(Buffer.from([0, 101]))).to.throw("101 bytes is longer than the 100 allowed");
  });
});
