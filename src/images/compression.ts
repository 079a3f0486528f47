import { pipeline, Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { zstdFrame } from "./zstd-frame.js";

/** How a layer's archive is compressed. */
export type Compression = "none" | "gzip" | "zstd";

/** Compresses a stream; the same bytes for the same input, for gzip within one version of zlib. */
export function compress(
  chunks: AsyncIterable<Buffer>,
  compression: Exclude<Compression, "none">,
): AsyncIterable<Buffer> {
  return compression === "gzip" ? gzip(chunks) : zstdFrame(chunks);
}

/** RFC 1952: byte 9 of the header names the operating system; 255 stands for unknown. */
const gzipOsOffset = 9;

async function* gzip(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const stream = createGzip({ level: 6 });
  // Errors of either end reach the loop below through the destroyed stream.
  pipeline(Readable.from(chunks), stream, () => undefined);
  let first = true;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (first) chunk[gzipOsOffset] = 255;
    first = false;
    yield chunk;
  }
}
