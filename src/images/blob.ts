import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { digestOf, type ByteRange, type ContentBlob } from "../registry/content.js";

/** A blob whose bytes stay in memory; its streams hand them out without copying. */
export function bufferBlob(bytes: Buffer): ContentBlob {
  return {
    digest: digestOf(bytes),
    sizeBytes: bytes.length,
    open: (range) => Readable.from([range === undefined ? bytes : bytes.subarray(range.start, range.end)]),
  };
}

/**
 * A blob that is generated anew for every reader, for content too large to keep. `generate` runs once here, to learn digest
 * and size, and must yield the same bytes every time.
 */
export async function generatedBlob(generate: () => AsyncIterable<Buffer>): Promise<ContentBlob> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  for await (const chunk of generate()) {
    hash.update(chunk);
    sizeBytes += chunk.length;
  }
  return {
    digest: `sha256:${hash.digest("hex")}`,
    sizeBytes,
    open: (range) => Readable.from(range === undefined ? generate() : slice(generate(), range)),
  };
}

/** Gathers a stream of chunks that is known to be small. */
export async function collect(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

async function* slice(chunks: AsyncIterable<Buffer>, { start, end }: ByteRange): AsyncGenerator<Buffer> {
  let offset = 0;
  for await (const chunk of chunks) {
    const part = chunk.subarray(Math.max(0, start - offset), Math.max(0, end - offset));
    if (part.length > 0) yield part;
    offset += chunk.length;
    if (offset >= end) return;
  }
}
