/** Tells the sender to reset the connection instead of ending it. */
export class ConnectionReset extends Error {
  override readonly name = "ConnectionReset";
}

const piecesPerSecond = 10;

/** Lets chunks pass at no more than a rate, in ten pieces a second. */
export async function* throttle(
  chunks: AsyncIterable<Buffer>,
  bytesPerSecond: number,
  wait: (ms: number) => Promise<void>,
): AsyncGenerator<Buffer> {
  const pieceBytes = Math.max(1, Math.floor(bytesPerSecond / piecesPerSecond));
  for await (const chunk of chunks) {
    for (let offset = 0; offset < chunk.length; offset += pieceBytes) {
      const piece = chunk.subarray(offset, offset + pieceBytes);
      yield piece;
      await wait((piece.length / bytesPerSecond) * 1000);
    }
  }
}

/** Lets a number of bytes pass, and the rest once `released` resolves. */
export async function* holdAfter(
  chunks: AsyncIterable<Buffer>,
  bytes: number,
  released: () => Promise<void>,
): AsyncGenerator<Buffer> {
  let left = bytes;
  for await (const chunk of chunks) {
    if (left >= 0 && chunk.length > left) {
      yield chunk.subarray(0, left);
      await released();
      yield chunk.subarray(left);
      left = -1;
    } else {
      yield chunk;
      if (left >= 0) left -= chunk.length;
    }
  }
}

/** Lets a number of bytes pass and then asks for a reset of the connection. */
export async function* resetAfter(chunks: AsyncIterable<Buffer>, bytes: number): AsyncGenerator<Buffer> {
  let left = bytes;
  for await (const chunk of chunks) {
    yield chunk.subarray(0, left);
    left -= chunk.length;
    if (left <= 0) throw new ConnectionReset();
  }
}
