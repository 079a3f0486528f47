/**
 * A Zstandard frame (RFC 8878) of raw blocks: valid for every decoder, and the same bytes on every machine. Node 20 has no
 * Zstandard of its own; what a runtime must prove here is that it knows the media type and the frame format, and its
 * decoder's library is tested elsewhere, so stored blocks do and no package is needed.
 */
export async function* zstdFrame(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield frameHeader;
  let pending: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length > blockBytes) {
      yield rawBlock(pending.subarray(0, blockBytes), false);
      pending = pending.subarray(blockBytes);
    }
  }
  yield rawBlock(pending, true);
}

/** The largest block that a frame may carry (RFC 8878, 3.1.1.2.4). */
const blockBytes = 128 * 1024;

/** Magic number, a descriptor without options (no content size, no checksum), and a window of 128 KiB: exponent 7, mantissa 0. */
const frameHeader = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 7 << 3]);

/** A three-byte little-endian header (bit 0: last block, bits 1-2: type 0 for raw, the rest: size) and the bytes. */
function rawBlock(bytes: Buffer, last: boolean): Buffer {
  const header = Buffer.alloc(3);
  header.writeUIntLE((bytes.length << 3) | Number(last), 0, 3);
  return Buffer.concat([header, bytes]);
}
