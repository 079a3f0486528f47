import type { Readable } from "node:stream";

/** Reads until at least `count` bytes have come, and gives all that came; the stream goes on flowing. */
export function readBytes(stream: Readable, count: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const seen: Buffer[] = [];
    let seenBytes = 0;
    const check = () => {
      if (seenBytes >= count) resolve(Buffer.concat(seen));
    };
    stream.on("data", (chunk: Buffer) => {
      seen.push(chunk);
      seenBytes += chunk.length;
      check();
    });
    stream.on("end", () => reject(new Error(`the stream ended after ${seenBytes} of ${count} bytes`)));
    stream.on("error", reject);
    check();
  });
}

/** Reads to the end. Unlike async iteration it does not destroy the stream then, so a duplex can still be written to. */
export function readToEnd(stream: Readable): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const seen: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => seen.push(chunk));
    stream.on("end", () => resolve(Buffer.concat(seen)));
    stream.on("error", reject);
  });
}
