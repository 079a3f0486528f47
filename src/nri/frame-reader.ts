/** One frame: a header of fixed size and what it announces. */
export interface Frame {
  header: Buffer;
  payload: Buffer;
}

/** Puts a stream of chunks together into frames whose headers say how long their payloads are. */
export class FrameReader {
  #pending: Buffer = Buffer.alloc(0);

  constructor(
    private readonly headerBytes: number,
    private readonly payloadBytes: (header: Buffer) => number,
    /** A longer payload is refused, so that a broken peer cannot fill the memory. */
    private readonly maxPayloadBytes: number,
  ) {}

  /**
   * Takes the next chunk and returns the frames that are whole now.
   * @throws Error when a frame announces more than allowed; the stream is of no use then
   */
  push(chunk: Buffer): Frame[] {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    const frames: Frame[] = [];
    while (this.#pending.length >= this.headerBytes) {
      const header = this.#pending.subarray(0, this.headerBytes);
      const length = this.payloadBytes(header);
      if (length > this.maxPayloadBytes) {
        throw new Error(`a frame of ${length} bytes is longer than the ${this.maxPayloadBytes} allowed`);
      }
      const end = this.headerBytes + length;
      if (this.#pending.length < end) break;
      frames.push({ header, payload: this.#pending.subarray(this.headerBytes, end) });
      this.#pending = this.#pending.subarray(end);
    }
    return frames;
  }
}
