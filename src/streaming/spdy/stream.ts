import { DISCARD, type ByteChannel, type ChannelSink, type ReadGate } from "../channel.js";
import { Deferred } from "../deferred.js";
import { SessionClosedError, StreamResetError, type StreamingError } from "../errors.js";
import { ResetStatus, resetStatusName, type SendableFrame } from "./frames.js";
import type { SpdyHeaders } from "./header-codec.js";

/** The largest piece put into one DATA frame: twice what Go's io.Copy sends, so that streams still take turns. */
const MAX_DATA_BYTES = 64 * 1024;

/** What a stream needs of its connection. */
export interface StreamOwner {
  readonly gate: ReadGate;
  sendData(streamId: number, chunk: Buffer, fin: boolean, done: (error?: Error) => void): void;
  sendFrame(frame: SendableFrame): void;
  compress(headers: SpdyHeaders): Buffer;
  forget(stream: SpdyStream): void;
}

/** One stream of a SPDY connection. The methods named `receive...` and `fail` are for the connection alone. */
export class SpdyStream implements ByteChannel {
  readonly canFinish = true;
  sink: ChannelSink = DISCARD;

  readonly #opened = new Deferred<SpdyHeaders>();
  #isLocalOver = false;
  #isPeerOver = false;
  #failure: StreamingError = new SessionClosedError("the stream is closed: nothing more can be sent on it");

  constructor(
    private readonly owner: StreamOwner,
    readonly id: number,
    /** The headers that the stream was opened with. */
    readonly headers: SpdyHeaders,
  ) {}

  /** The headers of the peer's reply (none, from Kubernetes servers); rejects when it resets the stream instead. */
  get opened(): Promise<SpdyHeaders> {
    return this.#opened.promise;
  }

  /** Whether neither a reply nor a reset has come yet. */
  get isAwaitingReply(): boolean {
    return !this.#opened.settled;
  }

  /** Accepts a stream that the peer opened. */
  reply(headers: SpdyHeaders = {}): void {
    this.owner.sendFrame({
      type: "synReply",
      streamId: this.id,
      fin: false,
      headerBlock: this.owner.compress(headers),
    });
  }

  send(chunk: Buffer, done: (error?: Error) => void): void {
    if (this.#isLocalOver) {
      done(this.#failure);
      return;
    }
    const rest = chunk.subarray(MAX_DATA_BYTES);
    this.owner.sendData(this.id, chunk.subarray(0, MAX_DATA_BYTES), false, (error) => {
      if (error || rest.length === 0) done(error);
      else this.send(rest, done);
    });
  }

  finish(done: (error?: Error) => void): void {
    if (this.#isLocalOver) {
      done(this.#failure);
      return;
    }
    this.#isLocalOver = true;
    this.owner.sendData(this.id, Buffer.alloc(0), true, done);
    this.#forgetWhenOver();
  }

  resume(): void {
    this.owner.gate.release(this);
  }

  abandon(): void {
    this.reset(ResetStatus.cancel);
  }

  /** Ends both directions at once and tells the peer why. */
  reset(status: number): void {
    if (this.#isLocalOver && this.#isPeerOver) return;
    this.owner.sendFrame({ type: "rstStream", streamId: this.id, status });
    this.#end();
  }

  receiveReply(headers: SpdyHeaders): void {
    this.#opened.resolve(headers);
  }

  receiveData(piece: Buffer): void {
    if (!this.#isPeerOver && !this.sink.onData(piece)) this.owner.gate.block(this);
  }

  receiveEnd(): void {
    if (this.#isPeerOver) return;
    this.#isPeerOver = true;
    this.owner.gate.release(this);
    this.sink.onEnd();
    this.#forgetWhenOver();
  }

  receiveReset(status: number): void {
    this.fail(new StreamResetError(status, resetStatusName(status)));
  }

  /** The stream broke, alone or with its connection. */
  fail(error: StreamingError): void {
    this.#failure = error;
    this.#opened.reject(error);
    const { sink } = this;
    const isNews = !this.#isPeerOver;
    this.#end();
    if (isNews) sink.onFail(error);
  }

  #end(): void {
    this.#isLocalOver = true;
    this.#isPeerOver = true;
    this.sink = DISCARD;
    this.#opened.reject(this.#failure);
    this.#forgetWhenOver();
  }

  #forgetWhenOver(): void {
    if (!this.#isLocalOver || !this.#isPeerOver) return;
    this.owner.gate.release(this);
    this.owner.forget(this);
  }
}
