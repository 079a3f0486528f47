import { PeerProtocolError } from "../errors.js";
import {
  FLAG_FIN,
  FLAG_UNIDIRECTIONAL,
  FRAME_HEADER_BYTES,
  FrameType,
  SPDY_VERSION,
  type ControlFrame,
} from "./frames.js";

/** Takes decoded frames in the order of the wire. */
export interface FrameHandler {
  onControlFrame(frame: ControlFrame): void;
  /** A piece of a DATA frame as it arrived; `fin` on the last piece of a frame that ends the stream. */
  onData(streamId: number, piece: Buffer, fin: boolean): void;
}

/** SYN_REPLY of a Kubernetes server has about 20 bytes; only a bad or hostile peer sends control frames of this size. */
export const MAX_CONTROL_FRAME_BYTES = 64 * 1024;

/**
 * Cuts a byte stream into SPDY/3 frames, however the bytes are chunked. DATA payload is passed on as it arrives and never
 * collected, so the largest frame a peer can announce (16 MiB) costs no memory.
 */
export class FrameDecoder {
  readonly #header = Buffer.alloc(FRAME_HEADER_BYTES);
  #headerBytes = 0;
  #control: { body: Buffer; filledBytes: number } | undefined;
  #data: { streamId: number; leftBytes: number; fin: boolean } | undefined;

  constructor(private readonly handler: FrameHandler) {}

  /** Whether the bytes so far end inside a frame. */
  get isMidFrame(): boolean {
    return this.#headerBytes > 0;
  }

  /** @throws PeerProtocolError when the bytes are no SPDY/3 frames; nothing may be pushed afterwards. */
  push(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#control) rest = this.#fillControl(this.#control, rest);
      else if (this.#data) rest = this.#passData(this.#data, rest);
      else rest = this.#fillHeader(rest);
    }
  }

  #fillHeader(bytes: Buffer): Buffer {
    const takenBytes = bytes.copy(this.#header, this.#headerBytes);
    this.#headerBytes += takenBytes;
    if (this.#headerBytes === FRAME_HEADER_BYTES) this.#startFrame();
    return bytes.subarray(takenBytes);
  }

  #startFrame(): void {
    const firstWord = this.#header.readUInt32BE();
    const flags = this.#header.readUInt8(4);
    const lengthBytes = this.#header.readUIntBE(5, 3);
    if ((firstWord & 0x80000000) === 0) {
      this.#data = { streamId: firstWord, leftBytes: lengthBytes, fin: (flags & FLAG_FIN) !== 0 };
      if (lengthBytes === 0) this.#passData(this.#data, Buffer.alloc(0));
      return;
    }
    const version = (firstWord >>> 16) & 0x7fff;
    if (version !== SPDY_VERSION) {
      throw new PeerProtocolError(`a frame of SPDY version ${version} arrived, not ${SPDY_VERSION}`);
    }
    if (lengthBytes > MAX_CONTROL_FRAME_BYTES) {
      throw new PeerProtocolError(`a control frame of ${lengthBytes} bytes exceeds ${MAX_CONTROL_FRAME_BYTES}`);
    }
    this.#control = { body: Buffer.alloc(lengthBytes), filledBytes: 0 };
    if (lengthBytes === 0) this.#fillControl(this.#control, Buffer.alloc(0));
  }

  #fillControl(control: { body: Buffer; filledBytes: number }, bytes: Buffer): Buffer {
    const takenBytes = bytes.copy(control.body, control.filledBytes);
    control.filledBytes += takenBytes;
    if (control.filledBytes === control.body.length) {
      const typeCode = this.#header.readUInt16BE(2);
      const flags = this.#header.readUInt8(4);
      this.#control = undefined;
      this.#headerBytes = 0;
      this.handler.onControlFrame(decodeControlFrame(typeCode, flags, control.body));
    }
    return bytes.subarray(takenBytes);
  }

  #passData(data: { streamId: number; leftBytes: number; fin: boolean }, bytes: Buffer): Buffer {
    const piece = bytes.subarray(0, data.leftBytes);
    data.leftBytes -= piece.length;
    const isLast = data.leftBytes === 0;
    if (isLast) {
      this.#data = undefined;
      this.#headerBytes = 0;
    }
    this.handler.onData(data.streamId, piece, isLast && data.fin);
    return bytes.subarray(piece.length);
  }
}

function decodeControlFrame(typeCode: number, flags: number, body: Buffer): ControlFrame {
  const fin = (flags & FLAG_FIN) !== 0;
  switch (typeCode) {
    case FrameType.synStream:
      requireLength("SYN_STREAM", body, body.length >= 10);
      return {
        type: "synStream",
        streamId: streamId(body, 0),
        associatedStreamId: streamId(body, 4),
        priority: body.readUInt8(8) >>> 5,
        fin,
        unidirectional: (flags & FLAG_UNIDIRECTIONAL) !== 0,
        headerBlock: body.subarray(10),
      };
    case FrameType.synReply:
    case FrameType.headers:
      requireLength("SYN_REPLY or HEADERS", body, body.length >= 4);
      return {
        type: typeCode === FrameType.synReply ? "synReply" : "headers",
        streamId: streamId(body, 0),
        fin,
        headerBlock: body.subarray(4),
      };
    case FrameType.rstStream:
      requireLength("RST_STREAM", body, body.length === 8);
      return { type: "rstStream", streamId: streamId(body, 0), status: body.readUInt32BE(4) };
    case FrameType.settings:
      return { type: "settings", entries: decodeSettings(body) };
    case FrameType.ping:
      requireLength("PING", body, body.length === 4);
      return { type: "ping", id: body.readUInt32BE() };
    case FrameType.goAway:
      requireLength("GOAWAY", body, body.length === 8);
      return { type: "goAway", lastStreamId: streamId(body, 0), status: body.readUInt32BE(4) };
    case FrameType.windowUpdate:
      requireLength("WINDOW_UPDATE", body, body.length === 8);
      return { type: "windowUpdate", streamId: streamId(body, 0), deltaBytes: body.readUInt32BE(4) & 0x7fffffff };
    default:
      return { type: "unknown", typeCode };
  }
}

function decodeSettings(body: Buffer): { id: number; flags: number; value: number }[] {
  requireLength("SETTINGS", body, body.length >= 4 && body.length === 4 + body.readUInt32BE() * 8);
  const entries = [];
  for (let offset = 4; offset < body.length; offset += 8) {
    entries.push({
      flags: body.readUInt8(offset),
      id: body.readUIntBE(offset + 1, 3),
      value: body.readUInt32BE(offset + 4),
    });
  }
  return entries;
}

function streamId(body: Buffer, offset: number): number {
  return body.readUInt32BE(offset) & 0x7fffffff;
}

function requireLength(name: string, body: Buffer, isRight: boolean): void {
  if (!isRight) throw new PeerProtocolError(`a ${name} frame of ${body.length} bytes has no valid length`);
}
