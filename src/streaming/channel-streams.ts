import { Readable, Writable, type Stream } from "node:stream";
import { DISCARD, type ByteChannel, type ChannelSink } from "./channel.js";
import { SessionClosedError, StreamAbortedError, UnsupportedByProtocolError, type StreamingError } from "./errors.js";

/** What one channel buffers before its connection stops reading: a few of the 32 KiB frames that Go's io.Copy makes. */
export const READ_BUFFER_BYTES = 256 * 1024;

/** A stream whose error is nobody's to catch must not end the process; who listens or awaits still gets it. */
export function tolerateErrors<T extends Stream>(stream: T): T {
  return stream.on("error", () => undefined);
}

/**
 * Fails a readable only when the bytes that came before the failure have been read, as far as the failure is the peer's doing:
 * what a runtime sent before it broke off is what a report wants to show.
 */
export class FailureAfterData {
  #error: StreamingError | undefined;

  constructor(private readonly stream: Readable) {}

  fail(error: StreamingError): void {
    this.#error ??= error;
    if (error instanceof StreamAbortedError || error instanceof SessionClosedError) this.stream.destroy(error);
    else this.afterRead(null);
  }

  /** To be told what each `read()` of the stream gave. */
  afterRead(chunk: unknown): void {
    if (chunk === null && this.#error && this.stream.readableLength === 0) this.stream.destroy(this.#error);
  }
}

/** The peer's direction of a channel as a node stream. */
export class ChannelReadable extends Readable implements ChannelSink {
  readonly #failure = new FailureAfterData(this);

  constructor(
    private readonly channel: ByteChannel,
    /** Says whether a failure of the channel counts as its end, because all that matters is known to have arrived. */
    private readonly failureIsEnd: (error: StreamingError) => boolean = () => false,
    /** Told once when the peer's direction is over, even while bytes wait to be read. */
    private readonly onPeerEnd: () => void = () => undefined,
  ) {
    super({ highWaterMark: READ_BUFFER_BYTES });
    tolerateErrors(this);
    channel.sink = this;
  }

  onData(chunk: Buffer): boolean {
    // A reader may destroy the stream while it takes the chunk; nothing would ever ask for more then.
    return this.destroyed || this.push(chunk) || this.destroyed;
  }

  onEnd(): void {
    this.push(null);
    this.onPeerEnd();
  }

  onFail(error: StreamingError): void {
    if (this.failureIsEnd(error)) this.push(null);
    else this.#failure.fail(error);
    this.onPeerEnd();
  }

  override read(sizeBytes?: number): unknown {
    const chunk: unknown = super.read(sizeBytes);
    this.#failure.afterRead(chunk);
    return chunk;
  }

  override _read(): void {
    this.channel.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    // The peer is not told: Kubernetes clients keep an unwanted output stream open, too, and throw its bytes away.
    this.channel.resume();
    callback(error);
  }
}

/** Our direction of a channel as a node stream. Ending it half-closes the channel, where the protocol can. */
export class ChannelWritable extends Writable implements ChannelSink {
  constructor(
    private readonly channel: ByteChannel,
    private readonly protocol: string,
  ) {
    super({ decodeStrings: true });
    tolerateErrors(this);
    channel.sink = this;
  }

  /** A server has nothing to say on an input stream. */
  onData(): boolean {
    return true;
  }

  /** A server that ends its direction of an input stream ends nothing: v1 servers do so at once. */
  onEnd(): void {
    return undefined;
  }

  onFail(error: StreamingError): void {
    this.destroy(error);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.channel.send(chunk, callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    if (this.channel.canFinish) this.channel.finish(callback);
    else callback(cannotHalfClose(this.protocol));
  }
}

/** The error of ending a direction where only the whole connection can be closed. */
export function cannotHalfClose(protocol: string): UnsupportedByProtocolError {
  return new UnsupportedByProtocolError(
    `${protocol} has no half-close: use a protocol with canHalfClose, or close the whole session`,
  );
}

/** An output that was not requested: it has ended before it began. */
export function endedReadable(): Readable {
  return Readable.from([]);
}

/** An input that was not requested: writing to it fails. */
export function refusedWritable(): Writable {
  const error = new SessionClosedError("the session was opened without stdin: open it with stdin to write");
  return tolerateErrors(new Writable({ write: (_chunk, _encoding, callback) => callback(error) }));
}

/** Collects a channel of text up to a limit. */
export class TextCollector implements ChannelSink {
  readonly #chunks: Buffer[] = [];
  #sizeBytes = 0;

  constructor(
    private readonly channel: ByteChannel,
    private readonly limitBytes: number,
    private readonly events: {
      /** More text arrived; `text()` gives all there is. */
      onText?: () => void;
      /** More than the limit arrived; the rest is dropped, and nothing else is told. */
      onOverflow: () => void;
      /** Nothing more comes; `error` unless the peer ended the channel in good order. */
      onEnd: (error?: StreamingError) => void;
    },
  ) {
    channel.sink = this;
  }

  onData(chunk: Buffer): boolean {
    this.#sizeBytes += chunk.length;
    if (this.#sizeBytes > this.limitBytes) {
      this.channel.sink = DISCARD;
      this.events.onOverflow();
      return true;
    }
    // A copy: the chunk is a slice of a network buffer that would be kept alive as a whole.
    this.#chunks.push(Buffer.from(chunk));
    this.events.onText?.();
    return true;
  }

  onEnd(): void {
    this.events.onEnd();
  }

  onFail(error: StreamingError): void {
    this.events.onEnd(error);
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString("utf8");
  }
}
