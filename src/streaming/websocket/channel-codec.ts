import { PeerProtocolError } from "../errors.js";

/** How channel number and bytes share one WebSocket message. */
export interface ChannelCodec {
  /** Whether messages are binary or text. */
  readonly isBinary: boolean;
  encode(channel: number, bytes: Buffer): Buffer | string;
  /**
   * @returns undefined for an empty message, which names no channel.
   * @throws PeerProtocolError when the message is not in the codec's form.
   */
  decode(message: Buffer): { channel: number; bytes: Buffer } | undefined;
}

/** `v4.base64.channel.k8s.io` and `base64.channel.k8s.io` are text; all others are binary. */
export function codecOf(protocol: string): ChannelCodec {
  return protocol.includes("base64") ? BASE64 : BINARY;
}

/** One byte of channel number, then the bytes. */
const BINARY: ChannelCodec = {
  isBinary: true,
  encode: (channel, bytes) => Buffer.concat([Buffer.of(channel), bytes]),
  decode: (message) =>
    message.length === 0 ? undefined : { channel: message.readUInt8(0), bytes: message.subarray(1) },
};

const ZERO = "0".charCodeAt(0);

/** The channel as a character counted from "0", then the bytes in standard base64. */
const BASE64: ChannelCodec = {
  isBinary: false,
  encode: (channel, bytes) => String.fromCharCode(ZERO + channel) + bytes.toString("base64"),
  decode: (message) => {
    if (message.length === 0) return undefined;
    const text = message.toString("latin1", 1);
    if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) {
      throw new PeerProtocolError(`a base64 message holds ${JSON.stringify(text.slice(0, 40))}, which is no base64`);
    }
    return { channel: message.readUInt8(0) - ZERO, bytes: Buffer.from(text, "base64") };
  },
};
