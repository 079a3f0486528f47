import { Duplex } from "node:stream";
import { tolerateErrors } from "../channel-streams.js";
import { ConnectionLostError, StreamingError } from "../errors.js";
import { FloodGuard } from "../flood-guard.js";
import { encodeFrame, FrameDecoder, Opcode, type FrameHandler } from "./frames.js";

/** Pings are not answered while this much is unsent: the peer that does not read answers does not need more of them. */
const MAX_UNSENT_FOR_PONG_BYTES = 64 * 1024;
const NORMAL_CLOSURE = Buffer.of(1000 >> 8, 1000 & 0xff);

/**
 * A pipe of bytes through binary WebSocket messages, after the handshake. Its own small framing rather than a library's: the
 * subprotocol name of the port-forward tunnel has a slash, which RFC 6455 forbids and every library refuses.
 */
export class WebSocketTunnel extends Duplex implements FrameHandler {
  readonly #socket: Duplex;
  readonly #masks: boolean;
  readonly #decoder: FrameDecoder;
  readonly #guard = new FloodGuard();
  #closeSent = false;
  #ended = false;

  constructor(socket: Duplex, role: "client" | "server") {
    super({ decodeStrings: true });
    tolerateErrors(this);
    this.#socket = tolerateErrors(socket);
    this.#masks = role === "client";
    this.#decoder = new FrameDecoder(this, role === "server");
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("end", () => this.#endReading(this.#decoder.isMidFrame ? "in the middle of a frame" : undefined));
    socket.on("error", (error: Error) => this.destroy(new ConnectionLostError(error.message, { cause: error })));
    socket.on("close", () => this.#endReading("without a word"));
  }

  onPayload(piece: Buffer): void {
    if (piece.length === 0) this.#guard.count("empty message");
    else if (!this.#ended && !this.push(piece)) this.#socket.pause();
  }

  onControl(opcode: number, payload: Buffer): void {
    this.#guard.count("control frame");
    if (opcode === Opcode.ping && this.#socket.writableLength < MAX_UNSENT_FOR_PONG_BYTES) {
      this.#socket.write(encodeFrame(Opcode.pong, payload, this.#masks));
    }
    if (opcode === Opcode.close) {
      this.#sendClose();
      this.#socket.end();
      this.#endReading(undefined);
    }
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#socket.write(encodeFrame(Opcode.binary, chunk, this.#masks), callback);
  }

  /** What was corked together, such as a SPDY frame's header and payload, travels in one message. */
  override _writev(chunks: { chunk: Buffer }[], callback: (error?: Error | null) => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), "binary", callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#sendClose();
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#socket.destroy();
    callback(error);
  }

  #receive(chunk: Buffer): void {
    if (this.#ended) return;
    try {
      this.#decoder.push(chunk);
    } catch (error) {
      if (!(error instanceof StreamingError)) throw error;
      this.destroy(error);
    }
  }

  #sendClose(): void {
    if (this.#closeSent) return;
    this.#closeSent = true;
    this.#socket.write(encodeFrame(Opcode.close, NORMAL_CLOSURE, this.#masks));
  }

  #endReading(lostHow: string | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    if (lostHow === undefined) this.push(null);
    else this.destroy(new ConnectionLostError(`the WebSocket connection ended ${lostHow}`));
  }
}
