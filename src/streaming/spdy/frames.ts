/** The SPDY version on the wire; SPDY/3.1 frames say 3, too. */
export const SPDY_VERSION = 3;
/** Every frame starts with 8 bytes: type or stream id, flags, 24 bits of length. */
export const FRAME_HEADER_BYTES = 8;

export const FrameType = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;

export const FLAG_FIN = 0x01;
export const FLAG_UNIDIRECTIONAL = 0x02;

/** Status codes of RST_STREAM. */
export const ResetStatus = {
  protocolError: 1,
  invalidStream: 2,
  refusedStream: 3,
  unsupportedVersion: 4,
  cancel: 5,
  internalError: 6,
  flowControlError: 7,
  streamInUse: 8,
  streamAlreadyClosed: 9,
  frameTooLarge: 11,
} as const;

/** The name of a reset status for messages: `CANCEL (5)`. */
export function resetStatusName(status: number): string {
  const name = Object.entries(ResetStatus).find(([, code]) => code === status)?.[0] ?? "unknown status";
  return `${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()} (${status})`;
}

/** A control frame. Header blocks are compressed; see HeaderCompressor. */
export type ControlFrame =
  | {
      type: "synStream";
      streamId: number;
      associatedStreamId: number;
      /** 0 (first) to 7. */
      priority: number;
      fin: boolean;
      unidirectional: boolean;
      headerBlock: Buffer;
    }
  | { type: "synReply"; streamId: number; fin: boolean; headerBlock: Buffer }
  | { type: "headers"; streamId: number; fin: boolean; headerBlock: Buffer }
  | { type: "rstStream"; streamId: number; status: number }
  | { type: "settings"; entries: { id: number; flags: number; value: number }[] }
  | { type: "ping"; id: number }
  | { type: "goAway"; lastStreamId: number; status: number }
  | { type: "windowUpdate"; streamId: number; deltaBytes: number }
  /** A type that SPDY/3 does not define: to be skipped. */
  | { type: "unknown"; typeCode: number };

/** The frames that are ever sent: all that SPDY/3 defines. */
export type SendableFrame = Exclude<ControlFrame, { type: "unknown" }>;

/** The header of a DATA frame; the payload follows it. */
export function encodeDataHeader(streamId: number, lengthBytes: number, fin: boolean): Buffer {
  const header = Buffer.allocUnsafe(FRAME_HEADER_BYTES);
  header.writeUInt32BE(streamId);
  header.writeUInt32BE(((fin ? FLAG_FIN : 0) << 24) | lengthBytes, 4);
  return header;
}

export function encodeControlFrame(frame: SendableFrame): Buffer {
  const { flags, body } = encodeBody(frame);
  const length = body.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([
    uint16s(0x8000 | SPDY_VERSION, FrameType[frame.type]),
    uint32s((flags << 24) | length),
    ...body,
  ]);
}

function encodeBody(frame: SendableFrame): { flags: number; body: Buffer[] } {
  switch (frame.type) {
    case "synStream":
      return {
        flags: (frame.fin ? FLAG_FIN : 0) | (frame.unidirectional ? FLAG_UNIDIRECTIONAL : 0),
        body: [uint32s(frame.streamId, frame.associatedStreamId), uint16s(frame.priority << 13), frame.headerBlock],
      };
    case "synReply":
    case "headers":
      return { flags: frame.fin ? FLAG_FIN : 0, body: [uint32s(frame.streamId), frame.headerBlock] };
    case "rstStream":
      return { flags: 0, body: [uint32s(frame.streamId, frame.status)] };
    case "settings":
      return {
        flags: 0,
        body: [
          uint32s(frame.entries.length),
          ...frame.entries.map(({ id, flags, value }) => uint32s((flags << 24) | id, value)),
        ],
      };
    case "ping":
      return { flags: 0, body: [uint32s(frame.id)] };
    case "goAway":
      return { flags: 0, body: [uint32s(frame.lastStreamId, frame.status)] };
    case "windowUpdate":
      return { flags: 0, body: [uint32s(frame.streamId, frame.deltaBytes)] };
  }
}

function uint16s(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, index) => bytes.writeUInt16BE(value, index * 2));
  return bytes;
}

function uint32s(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeUInt32BE(value >>> 0, index * 4));
  return bytes;
}
