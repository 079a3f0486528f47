import { expect } from "chai";
import { describe, it } from "mocha";
import { collect } from "../../../src/images/blob.js";
import { zstdFrame } from "../../../src/images/zstd-frame.js";

async function* chunksOf(...sizes: number[]): AsyncGenerator<Buffer> {
  for (const size of sizes) yield await Promise.resolve(Buffer.alloc(size, size & 0xff));
}

/** Takes the frame apart by the letter of RFC 8878, section 3.1.1. */
function decode(frame: Buffer): { blockBytes: number[]; content: Buffer } {
  expect(frame.readUInt32LE(0)).to.equal(0xfd2fb528);
  expect(frame[4], "no content size, no single segment, no checksum, no dictionary").to.equal(0);
  expect(1 << (10 + ((frame[5] ?? 0) >> 3)), "window").to.equal(128 * 1024);
  const blocks: Buffer[] = [];
  let last = false;
  for (let offset = 6; offset < frame.length; offset += 3 + (blocks.at(-1)?.length ?? 0)) {
    expect(last, "bytes behind the last block").to.equal(false);
    const header = frame.readUIntLE(offset, 3);
    last = (header & 1) === 1;
    expect((header >> 1) & 3, "raw block").to.equal(0);
    blocks.push(frame.subarray(offset + 3, offset + 3 + (header >> 3)));
  }
  expect(last).to.equal(true);
  return { blockBytes: blocks.map((block) => block.length), content: Buffer.concat(blocks) };
}

describe("Zstandard frames", () => {
  for (const sizes of [[], [1], [128 * 1024], [300_000, 7]]) {
    it(`hold ${sizes.join(" + ") || "no"} bytes in blocks of at most 128 KiB`, async () => {
      const { blockBytes, content } = decode(await collect(zstdFrame(chunksOf(...sizes))));

      expect(content.equals(await collect(chunksOf(...sizes)))).to.equal(true);
      expect(Math.max(...blockBytes)).to.be.at.most(128 * 1024);
    });
  }
});
