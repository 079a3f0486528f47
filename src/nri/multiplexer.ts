import type { Duplex } from "node:stream";
import { FrameReader } from "./frame-reader.js";

/** A logical connection. Opening one tells the other end nothing: both ends know the ids. */
export interface Channel {
  write(bytes: Buffer): void;
  /** Takes whatever arrives from now on. */
  onData(take: (chunk: Buffer) => void): void;
}

/** A frame's header: the channel's id and the length of the payload, 32 bits each, big endian. */
const HEADER_BYTES = 8;

/** The longest payload: a ttrpc message of 4 MiB with its header. */
const MAX_PAYLOAD_BYTES = 4 * 1024 * 1024 + 10;

/** The other end reads a frame at once, into a buffer of this size where it does not know that more comes. */
const WRITE_BYTES = 4096;

/** Several logical connections over one, as NRI has them (github.com/containerd/nri, pkg/net/multiplex). */
export class Multiplexer {
  readonly #takers = new Map<number, (chunk: Buffer) => void>();

  /** Takes over the trunk's data; a frame that is too long destroys it. */
  constructor(private readonly trunk: Duplex) {
    const reader = new FrameReader(HEADER_BYTES, (header) => header.readUInt32BE(4), MAX_PAYLOAD_BYTES);
    trunk.on("data", (chunk: Buffer) => {
      try {
        for (const { header, payload } of reader.push(chunk)) this.#takers.get(header.readUInt32BE(0))?.(payload);
      } catch (error) {
        trunk.destroy(error as Error);
      }
    });
  }

  /** The channel with this id. */
  channel(id: number): Channel {
    return {
      onData: (take) => this.#takers.set(id, take),
      write: (bytes) => {
        for (let start = 0; start < bytes.length; start += WRITE_BYTES) {
          const payload = bytes.subarray(start, start + WRITE_BYTES);
          const header = Buffer.alloc(HEADER_BYTES);
          header.writeUInt32BE(id, 0);
          header.writeUInt32BE(payload.length, 4);
          this.trunk.write(Buffer.concat([header, payload]));
        }
      },
    };
  }
}
