import { randomBytes } from "node:crypto";
import { PeerProtocolError } from "../errors.js";

/** Frame types (RFC 6455, section 5.2). */
export const Opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

const FIN = 0x80;
const RESERVED = 0x70;
const OPCODE = 0x0f;
const CONTROL = 0x08;
const MASKED = 0x80;
const MAX_CONTROL_BYTES = 125;
/** Far above what any server sends at once; a length beyond it is garbage or malice. */
export const MAX_FRAME_BYTES = 16 * 1024 * 1024;

/** Encodes one unfragmented frame. A client must mask its frames, a server must not (section 5.1). */
export function encodeFrame(opcode: number, payload: Buffer, masked: boolean): Buffer {
  const extended = payload.length > 0xffff ? 8 : payload.length > MAX_CONTROL_BYTES ? 2 : 0;
  const headerBytes = 2 + extended + (masked ? 4 : 0);
  const frame = Buffer.allocUnsafe(headerBytes + payload.length);
  frame[0] = FIN | opcode;
  frame[1] = (masked ? MASKED : 0) | (extended === 8 ? 127 : extended === 2 ? 126 : payload.length);
  if (extended === 8) frame.writeBigUInt64BE(BigInt(payload.length), 2);
  if (extended === 2) frame.writeUInt16BE(payload.length, 2);
  payload.copy(frame, headerBytes);
  if (masked) {
    const mask = randomBytes(4);
    mask.copy(frame, headerBytes - 4);
    applyMask(frame.subarray(headerBytes), mask, 0);
  }
  return frame;
}

/** Takes what a WebSocket carries, in order. */
export interface FrameHandler {
  /** A piece of binary payload as it arrived; messages and fragments are run together. */
  onPayload(piece: Buffer): void;
  /** A ping, pong or close frame. */
  onControl(opcode: number, payload: Buffer): void;
}

interface Frame {
  readonly opcode: number;
  readonly mask: Buffer | undefined;
  readonly control: Buffer[];
  readonly lengthBytes: number;
  seenBytes: number;
}

/**
 * Cuts a byte stream into WebSocket frames, however the bytes are chunked, and passes binary payload on as it arrives. For
 * subprotocols that use binary messages as a pipe: where messages begin and end is not told.
 */
export class FrameDecoder {
  #header = Buffer.alloc(0);
  #frame: Frame | undefined;
  #isMidMessage = false;

  constructor(
    private readonly handler: FrameHandler,
    /** Whether the peer must mask its frames: true for a server, false for a client. */
    private readonly expectMasked: boolean,
  ) {}

  /** Whether the bytes so far end inside a frame. */
  get isMidFrame(): boolean {
    return this.#frame !== undefined || this.#header.length > 0;
  }

  /** @throws PeerProtocolError when the bytes are no valid frames; nothing may be pushed afterwards. */
  push(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) rest = this.#frame ? this.#takePayload(this.#frame, rest) : this.#takeHeader(rest);
  }

  #takeHeader(bytes: Buffer): Buffer {
    const missingBytes = headerLength(this.#header) - this.#header.length;
    this.#header = Buffer.concat([this.#header, bytes.subarray(0, missingBytes)]);
    if (this.#header.length === headerLength(this.#header)) {
      const frame = this.#parseHeader(this.#header);
      this.#header = Buffer.alloc(0);
      this.#frame = frame;
      if (frame.lengthBytes === 0) this.#takePayload(frame, Buffer.alloc(0));
    }
    return bytes.subarray(missingBytes);
  }

  #parseHeader(header: Buffer): Frame {
    const [first, second] = [header.readUInt8(0), header.readUInt8(1)];
    const opcode = first & OPCODE;
    const isFin = (first & FIN) !== 0;
    const isMasked = (second & MASKED) !== 0;
    const lengthBytes = payloadLength(header);
    if ((first & RESERVED) !== 0) throw new PeerProtocolError("a WebSocket frame has reserved bits set");
    if (isMasked !== this.expectMasked) {
      throw new PeerProtocolError(`a WebSocket frame is ${isMasked ? "masked" : "not masked"}, against RFC 6455`);
    }
    if (lengthBytes > MAX_FRAME_BYTES) {
      throw new PeerProtocolError(`a WebSocket frame of ${lengthBytes} bytes exceeds ${MAX_FRAME_BYTES}`);
    }
    if ((opcode & CONTROL) !== 0) {
      if (!isFin || lengthBytes > MAX_CONTROL_BYTES || opcode > Opcode.pong) {
        throw new PeerProtocolError(`a WebSocket control frame (opcode ${opcode}) is fragmented, too long or unknown`);
      }
    } else {
      if (opcode !== (this.#isMidMessage ? Opcode.continuation : Opcode.binary)) {
        throw new PeerProtocolError(`a WebSocket data frame has opcode ${opcode}: only binary messages belong here`);
      }
      this.#isMidMessage = !isFin;
    }
    return { opcode, mask: isMasked ? header.subarray(-4) : undefined, control: [], lengthBytes, seenBytes: 0 };
  }

  #takePayload(frame: Frame, bytes: Buffer): Buffer {
    const piece = bytes.subarray(0, frame.lengthBytes - frame.seenBytes);
    if (frame.mask) applyMask(piece, frame.mask, frame.seenBytes);
    frame.seenBytes += piece.length;
    const isComplete = frame.seenBytes === frame.lengthBytes;
    if (isComplete) this.#frame = undefined;
    if ((frame.opcode & CONTROL) === 0) {
      this.handler.onPayload(piece);
    } else {
      frame.control.push(Buffer.from(piece));
      if (isComplete) this.handler.onControl(frame.opcode, Buffer.concat(frame.control));
    }
    return bytes.subarray(piece.length);
  }
}

/** How long the header is, as far as the bytes so far tell. */
function headerLength(header: Buffer): number {
  const second = header[1];
  if (second === undefined) return 2;
  const length = second & 0x7f;
  return 2 + (length === 127 ? 8 : length === 126 ? 2 : 0) + ((second & MASKED) !== 0 ? 4 : 0);
}

function payloadLength(header: Buffer): number {
  const length = header.readUInt8(1) & 0x7f;
  if (length === 126) return header.readUInt16BE(2);
  return length === 127 ? Number(header.readBigUInt64BE(2)) : length;
}

/** XORs bytes in place (section 5.3); `offset` is their position in the payload. */
function applyMask(bytes: Buffer, mask: Buffer, offset: number): void {
  for (let index = 0; index < bytes.length; index++) bytes[index]! ^= mask[(offset + index) & 3]!;
}
