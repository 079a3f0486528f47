import { FRAME_HEAD_BYTES } from "../../cri/grpc-frame.js";

/** A peer sent something that is not gRPC over HTTP/2, or compressed a message although nobody offered to read it. */
export class FrameError extends Error {
  override name = "FrameError";
}

/** Takes the bytes of one direction of a call as they come and gives the messages in them. */
export class FrameSplitter {
  #chunks: Buffer[] = [];
  #length = 0;

  /**
   * @returns the messages that are complete with this chunk, without their prefixes
   * @throws FrameError for a compressed message
   */
  push(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    const messages: Buffer[] = [];
    for (let length = this.#nextLength(); this.#length >= length; length = this.#nextLength()) {
      messages.push(this.#take(length).subarray(FRAME_HEAD_BYTES));
    }
    return messages;
  }

  /** Length of the next frame with its prefix, or infinity while that is not known. */
  #nextLength(): number {
    if (this.#length < FRAME_HEAD_BYTES) return Infinity;
    if ((this.#chunks[0]?.length ?? 0) < FRAME_HEAD_BYTES) this.#chunks = [Buffer.concat(this.#chunks)];
    const head = this.#chunks[0] ?? Buffer.alloc(FRAME_HEAD_BYTES);
    if (head[0] !== 0) throw new FrameError("a message is compressed although no compression was offered");
    return FRAME_HEAD_BYTES + head.readUInt32BE(1);
  }

  #take(length: number): Buffer {
    const all = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
    const rest = all.subarray(length);
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#length = rest.length;
    return all.subarray(0, length);
  }
}
