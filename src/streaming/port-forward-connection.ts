import { Duplex } from "node:stream";
import type { ByteChannel, ChannelSink } from "./channel.js";
import {
  cannotHalfClose,
  FailureAfterData,
  READ_BUFFER_BYTES,
  TextCollector,
  tolerateErrors,
} from "./channel-streams.js";
import { Deferred } from "./deferred.js";
import { PortForwardError, type StreamingError } from "./errors.js";
import type { PortForwardConnection } from "./session.js";

/** The runtime's complaint is a sentence; the rest is dropped. */
const MAX_ERROR_TEXT_BYTES = 64 * 1024;

/** A forwarded connection over a pair of channels of any transport. */
export class ChannelPortForwardConnection extends Duplex implements PortForwardConnection, ChannelSink {
  readonly port: number;

  readonly #data: ByteChannel;
  readonly #error: ByteChannel;
  readonly #protocol: string;
  readonly #complaint: TextCollector;
  readonly #errorText = new Deferred<string>();
  readonly #failure = new FailureAfterData(this);

  constructor(port: number, data: ByteChannel, error: ByteChannel, protocol: string) {
    super({ readableHighWaterMark: READ_BUFFER_BYTES, decodeStrings: true });
    tolerateErrors(this);
    this.port = port;
    this.#protocol = protocol;
    this.#data = data;
    this.#error = error;
    const settle = () => this.#settleErrorText();
    this.#complaint = new TextCollector(error, MAX_ERROR_TEXT_BYTES, { onOverflow: settle, onEnd: settle });
    data.sink = this;
  }

  get errorText(): Promise<string> {
    return this.#errorText.promise;
  }

  get hasErrorText(): boolean {
    return this.#complaint.text() !== "";
  }

  onData(chunk: Buffer): boolean {
    // A reader may destroy the stream while it takes the chunk; nothing would ever ask for more then.
    return this.destroyed || this.push(chunk) || this.destroyed;
  }

  onEnd(): void {
    const complaint = this.#complaint.text();
    if (complaint === "") this.push(null);
    else this.#failure.fail(new PortForwardError(this.port, complaint));
  }

  onFail(error: StreamingError): void {
    const complaint = this.#complaint.text();
    this.#failure.fail(complaint === "" ? error : new PortForwardError(this.port, complaint));
  }

  override read(sizeBytes?: number): unknown {
    const chunk: unknown = super.read(sizeBytes);
    this.#failure.afterRead(chunk);
    return chunk;
  }

  override _read(): void {
    this.#data.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#data.send(chunk, callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    if (this.#data.canFinish) this.#data.finish(callback);
    else callback(cannotHalfClose(this.#protocol));
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#data.abandon();
    // After an orderly end the error stream may still have something to say.
    if (error !== null || !this.readableEnded) {
      this.#error.abandon();
      this.#settleErrorText();
    }
    callback(error);
  }

  #settleErrorText(): void {
    this.#errorText.resolve(this.#complaint.text());
  }
}
