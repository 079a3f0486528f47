import { WebSocket, type RawData } from "ws";
import {
  DISCARD,
  errorOfEnd,
  ReadGate,
  type ByteChannel,
  type ChannelSink,
  type Link,
  type SessionEnd,
} from "../channel.js";
import { Deferred } from "../deferred.js";
import { ConnectionLostError, PeerProtocolError, StreamingError } from "../errors.js";
import { FloodGuard } from "../flood-guard.js";
import { codecOf, type ChannelCodec } from "./channel-codec.js";
import type { Masking } from "./masking.js";

/** v5: a message on this channel closes the channel that its one byte names. */
const CLOSE_CHANNEL = 255;
/** The largest piece put into one message: on containerd 2.1 an upload in pieces of 32 KiB takes a third longer. */
const MAX_MESSAGE_BYTES = 64 * 1024;
/** How long a peer may take to answer our close. */
const GOODBYE_PATIENCE_MS = 1000;
/** Pings are not answered while this much is unsent: the peer that does not read answers does not need more of them. */
const MAX_UNSENT_FOR_PONG_BYTES = 64 * 1024;
const NORMAL_CLOSURE = 1000;
/** A close frame without a code; RFC 6455, section 7.1.5. */
const NO_STATUS = 1005;

/** A WebSocket whose messages carry numbered channels (`*.channel.k8s.io`). It reads nothing before `start`. */
export class ChannelSocket implements Link {
  readonly canFinish: boolean;
  readonly gate: ReadGate;

  readonly #socket: WebSocket;
  readonly #codec: ChannelCodec;
  readonly #guard = new FloodGuard();
  readonly #channels = new Map<number, SocketChannel>();
  readonly #ended = new Deferred<SessionEnd>();
  #end: SessionEnd | undefined;

  /** @param socket a WebSocket in the turn in which it opened: later, messages could be missed. */
  constructor(
    socket: WebSocket,
    readonly protocol: string,
    private readonly masking?: Masking,
  ) {
    this.#socket = socket;
    this.#codec = codecOf(protocol);
    this.canFinish = protocol.startsWith("v5.");
    this.gate = new ReadGate(socket);
    socket.pause();
    socket.on("message", (data: RawData, isBinary: boolean) => this.#guarded(() => this.#receive(data, isBinary)));
    socket.on("ping", (payload: Buffer) => this.#guarded(() => this.#answerPing(payload)));
    socket.on("pong", () => this.#guarded(() => this.#guard.count("pong")));
    socket.on("error", (error: Error) => this.#finishWithError(socketError(error)));
    socket.on("close", (code: number, reason: Buffer) => this.#onClose(code, reason));
  }

  get ended(): Promise<SessionEnd> {
    return this.#ended.promise;
  }

  /** Begins to read. What comes for a channel that nobody asked for until then is dropped. */
  start(): void {
    this.#socket.resume();
  }

  /** The channel of that number. */
  channel(number: number): ByteChannel {
    const channel = new SocketChannel(this, number);
    this.#channels.set(number, channel);
    return channel;
  }

  /** Sends one message on any channel, known or not. */
  send(channel: number, bytes: Buffer, done: (error?: Error) => void): void {
    const { isBinary } = this.#codec;
    this.masking?.next(bytes.length);
    if (this.#end) done(errorOfEnd(this.#end));
    else this.#socket.send(this.#codec.encode(channel, bytes), { binary: isBinary }, (error) => done(error));
  }

  async close(): Promise<void> {
    if (!this.#end) {
      this.#finish({ by: "local" });
      this.#socket.resume();
      this.#socket.close(NORMAL_CLOSURE);
      setTimeout(() => this.#socket.terminate(), GOODBYE_PATIENCE_MS).unref();
    }
    await this.ended;
  }

  abort(error: StreamingError): void {
    this.#finishWithError(error);
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#end) return;
    if (isBinary !== this.#codec.isBinary) {
      throw new PeerProtocolError(
        `a ${isBinary ? "binary" : "text"} message arrived, which ${this.protocol} does not use`,
      );
    }
    const message = this.#codec.decode(data as Buffer);
    if (message === undefined || message.bytes.length === 0) {
      // Servers announce that they are ready with an empty message.
      this.#guard.count("empty message");
      return;
    }
    const { channel, bytes } = message;
    if (channel === CLOSE_CHANNEL && this.canFinish) this.#channels.get(bytes.readUInt8(0))?.receiveEnd();
    else this.#channels.get(channel)?.receiveData(bytes);
  }

  #answerPing(payload: Buffer): void {
    this.#guard.count("ping");
    if (!this.#end && this.#socket.bufferedAmount < MAX_UNSENT_FOR_PONG_BYTES) this.#socket.pong(payload);
  }

  #guarded(handle: () => void): void {
    try {
      handle();
    } catch (error) {
      if (!(error instanceof StreamingError)) throw error;
      this.#finishWithError(error);
    }
  }

  #onClose(code: number, reason: Buffer): void {
    if (code === NORMAL_CLOSURE || code === NO_STATUS) {
      this.#finish({ by: "peer" });
    } else {
      const why = reason.length > 0 ? `: ${reason.toString("utf8")}` : "";
      this.#finish({ by: "error", error: new ConnectionLostError(`the WebSocket was closed with code ${code}${why}`) });
    }
    if (this.#end) this.#ended.resolve(this.#end);
  }

  #finishWithError(error: StreamingError): void {
    this.#finish({ by: "error", error });
    this.#socket.terminate();
  }

  #finish(end: SessionEnd): void {
    if (this.#end) return;
    this.#end = end;
    for (const channel of this.#channels.values()) {
      // A channel has no end of its own: an orderly end of the connection is the end of them all.
      if (end.by === "peer") channel.receiveEnd();
      else channel.fail(errorOfEnd(end));
    }
    this.#channels.clear();
  }
}

class SocketChannel implements ByteChannel {
  sink: ChannelSink = DISCARD;
  #isOver = false;

  constructor(
    private readonly socket: ChannelSocket,
    private readonly number: number,
  ) {}

  get canFinish(): boolean {
    return this.socket.canFinish;
  }

  send(chunk: Buffer, done: (error?: Error) => void): void {
    const rest = chunk.subarray(MAX_MESSAGE_BYTES);
    this.socket.send(this.number, chunk.subarray(0, MAX_MESSAGE_BYTES), (error) => {
      if (error || rest.length === 0) done(error);
      else this.send(rest, done);
    });
  }

  finish(done: (error?: Error) => void): void {
    this.socket.send(CLOSE_CHANNEL, Buffer.of(this.number), done);
  }

  resume(): void {
    this.socket.gate.release(this);
  }

  abandon(): void {
    this.#isOver = true;
    this.sink = DISCARD;
    this.resume();
  }

  receiveData(bytes: Buffer): void {
    if (!this.#isOver && !this.sink.onData(bytes)) this.socket.gate.block(this);
  }

  receiveEnd(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.resume();
    this.sink.onEnd();
  }

  fail(error: StreamingError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.resume();
    this.sink.onFail(error);
  }
}

/** `ws` reports what the peer did wrong with codes of its own, and passes the system's errors on. */
function socketError(error: Error): StreamingError {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  return code.startsWith("WS_ERR_")
    ? new PeerProtocolError(`the peer broke the WebSocket protocol: ${error.message}`, { cause: error })
    : new ConnectionLostError(`the connection broke: ${error.message}`, { cause: error });
}
