import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { FrameReader } from "./frame-reader.js";
import { RequestSchema, ResponseSchema, StatusSchema } from "./gen/ttrpc/ttrpc_pb.js";
import type { Channel } from "./multiplexer.js";

/** A message's header: length and stream id, 32 bits each, big endian, then type and flags, 8 bits each. */
const HEADER_BYTES = 10;
const MAX_PAYLOAD_BYTES = 4 * 1024 * 1024;
const REQUEST = 1;
const RESPONSE = 2;

/** The status code of gRPC for an error that says nothing but its text. */
const UNKNOWN = 2;

/** A method call, as a server gets it. */
export interface MethodCall {
  service: string;
  method: string;
  payload: Uint8Array;
}

/** A ttrpc call that was answered with an error, or not at all. */
export class TtrpcError extends Error {
  override readonly name = "TtrpcError";
}

interface Message {
  streamId: number;
  type: number;
  payload: Buffer;
}

function onMessages(channel: Channel, take: (message: Message) => void): void {
  const reader = new FrameReader(HEADER_BYTES, (header) => header.readUInt32BE(0), MAX_PAYLOAD_BYTES);
  channel.onData((chunk) => {
    for (const { header, payload } of reader.push(chunk)) {
      take({ streamId: header.readUInt32BE(4), type: header.readUInt8(8), payload });
    }
  });
}

function send(channel: Channel, { streamId, type, payload }: Omit<Message, "payload"> & { payload: Uint8Array }): void {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32BE(payload.length, 0);
  header.writeUInt32BE(streamId, 4);
  header.writeUInt8(type, 8);
  channel.write(Buffer.concat([header, payload]));
}

/**
 * Calls unary methods over a channel (github.com/containerd/ttrpc, PROTOCOL.md). Calls that are never answered end when the
 * client is closed.
 */
export class TtrpcClient {
  readonly #waiting = new Map<number, { resolve: (payload: Uint8Array) => void; reject: (error: Error) => void }>();
  #nextStreamId = 1;

  constructor(private readonly channel: Channel) {
    onMessages(channel, ({ streamId, type, payload }) => {
      const call = this.#waiting.get(streamId);
      if (type !== RESPONSE || call === undefined) return;
      this.#waiting.delete(streamId);
      const { status, payload: reply } = fromBinary(ResponseSchema, payload);
      if (status && status.code !== 0) call.reject(new TtrpcError(`${status.message} (code ${status.code})`));
      else call.resolve(reply);
    });
  }

  /**
   * Calls a method and gives its encoded response.
   * @throws TtrpcError when it is answered with an error, or the client is closed before it is answered
   */
  call(call: MethodCall): Promise<Uint8Array> {
    const streamId = this.#nextStreamId;
    this.#nextStreamId += 2; // a client's streams have odd ids
    return new Promise((resolve, reject) => {
      this.#waiting.set(streamId, { resolve, reject });
      send(this.channel, { streamId, type: REQUEST, payload: toBinary(RequestSchema, create(RequestSchema, call)) });
    });
  }

  /** Ends the calls that have no answer yet. */
  close(reason: string): void {
    for (const { reject } of this.#waiting.values()) reject(new TtrpcError(reason));
    this.#waiting.clear();
  }
}

/**
 * Answers the calls that come in over a channel. What `answer` throws is sent as an error with its message; calls are answered
 * in whatever order they end.
 */
export function serveTtrpc(channel: Channel, answer: (call: MethodCall) => Promise<Uint8Array>): void {
  onMessages(channel, ({ streamId, type, payload }) => {
    if (type !== REQUEST) return;
    void Promise.resolve()
      .then(() => answer(fromBinary(RequestSchema, payload)))
      .then(
        (reply) => create(ResponseSchema, { payload: reply }),
        (error: unknown) =>
          create(ResponseSchema, {
            status: create(StatusSchema, {
              code: UNKNOWN,
              message: error instanceof Error ? error.message : String(error),
            }),
          }),
      )
      .then((response) => send(channel, { streamId, type: RESPONSE, payload: toBinary(ResponseSchema, response) }));
  });
}
