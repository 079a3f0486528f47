import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ConnectionReset } from "./pacing.js";
import type { Reply } from "./reply.js";

/**
 * Sends a reply, and its body unless the request was a HEAD. A client that goes away is no error.
 *
 * @param onBytes told of each part of the body that is handed to the connection.
 */
export async function send(
  reply: Reply,
  request: IncomingMessage,
  response: ServerResponse,
  onBytes: (bytes: number) => void,
): Promise<void> {
  await reply.hold?.();
  if (response.destroyed) return;
  response.writeHead(reply.status, { ...reply.headers, "Content-Length": reply.body.sizeBytes });
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of reply.body.open() as AsyncIterable<Buffer>) {
      onBytes(chunk.length);
      yield chunk;
    }
  }
  try {
    await pipeline(Readable.from(counted()), response);
  } catch (error) {
    if (error instanceof ConnectionReset) request.socket.resetAndDestroy();
    response.destroy();
  }
}
