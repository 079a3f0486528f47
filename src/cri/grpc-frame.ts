/** Bytes before each message: whether it is compressed, and its length (gRPC over HTTP/2, "Length-Prefixed-Message"). */
export const FRAME_HEAD_BYTES = 5;

/** Puts the head of an uncompressed message before it. */
export function grpcFrame(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEAD_BYTES + message.length);
  frame.writeUInt8(0, 0);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, FRAME_HEAD_BYTES);
  return frame;
}
