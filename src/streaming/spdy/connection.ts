import type { Duplex } from "node:stream";
import { errorOfEnd, ReadGate, type Link, type SessionEnd } from "../channel.js";
import { tolerateErrors } from "../channel-streams.js";
import { Deferred } from "../deferred.js";
import { ConnectionLostError, PeerProtocolError, SessionClosedError, StreamingError } from "../errors.js";
import { FloodGuard } from "../flood-guard.js";
import { FrameDecoder, type FrameHandler } from "./frame-decoder.js";
import { encodeControlFrame, encodeDataHeader, ResetStatus, type ControlFrame, type SendableFrame } from "./frames.js";
import { HeaderCompressor, HeaderDecompressor, type SpdyHeaders } from "./header-codec.js";
import { SpdyStream, type StreamOwner } from "./stream.js";

export interface SpdyConnectionOptions {
  /** The client opens streams with odd ids, the server with even ones; otherwise SPDY is symmetrical. */
  role: "client" | "server";
  /** Takes a stream that the peer opened; it is to set the sink and to `reply` or `reset`. Default: such streams are refused. */
  onStream?: (stream: SpdyStream) => void;
}

/** How long a peer may take to close after our goodbye. */
const GOODBYE_PATIENCE_MS = 1000;
/** A frame with a header block costs about as much as this many without one: 40 us against 1 to 4 us on a slow machine. */
const HEADER_BLOCK_WEIGHT = 20;
/** Pings are not answered while this much is unsent: the peer that does not read answers does not need more of them. */
const MAX_UNSENT_FOR_PONG_BYTES = 64 * 1024;

/**
 * A SPDY/3.1 connection as Kubernetes speaks it: over any duplex of bytes, without flow control. WINDOW_UPDATE is neither sent nor
 * waited for and SETTINGS are ignored, exactly as in the Go library behind kubectl, the kubelet and the runtimes: a server that
 * needed them would fail there, too.
 */
export class SpdyConnection implements Link, StreamOwner, FrameHandler {
  readonly gate: ReadGate;

  readonly #transport: Duplex;
  readonly #onStream: ((stream: SpdyStream) => void) | undefined;
  readonly #decoder = new FrameDecoder(this);
  readonly #compressor = new HeaderCompressor();
  readonly #decompressor = new HeaderDecompressor();
  readonly #guard = new FloodGuard();
  readonly #streams = new Map<number, SpdyStream>();
  readonly #pings = new Map<number, Deferred<void>>();
  readonly #ended = new Deferred<SessionEnd>();
  /** Who waits for the transport to take more, first come first served. */
  #waiting: ((error?: Error) => void)[] = [];
  #nextStreamId: number;
  #lastPeerStreamId = 0;
  #nextPingId: number;
  #peerSaidGoodbye = false;
  #end: SessionEnd | undefined;

  constructor(transport: Duplex, { role, onStream }: SpdyConnectionOptions) {
    this.#transport = tolerateErrors(transport);
    this.gate = new ReadGate(transport);
    this.#onStream = onStream;
    this.#nextStreamId = this.#nextPingId = role === "client" ? 1 : 2;
    transport.on("data", (chunk: Buffer) => this.#read(chunk));
    transport.on("drain", () => this.#releaseWriters());
    transport.on("end", () => this.#onPeerEnd());
    transport.on("error", (error: Error) => this.#onLost(error));
    transport.on("close", () => {
      this.#onLost(undefined);
      if (this.#end) this.#ended.resolve(this.#end);
    });
  }

  get ended(): Promise<SessionEnd> {
    return this.#ended.promise;
  }

  /** The ids of streams that are open in some direction. */
  get openStreamIds(): number[] {
    return [...this.#streams.keys()];
  }

  /**
   * Opens a stream. The sink must be set before the next turn of the event loop; `opened` tells of the peer's reply.
   * @throws SessionClosedError when the connection is over or the peer takes no new streams.
   */
  openStream(headers: SpdyHeaders): SpdyStream {
    if (this.#end) throw errorOfEnd(this.#end);
    if (this.#peerSaidGoodbye) throw new SessionClosedError("the peer is leaving (GOAWAY): it takes no new streams");
    const stream = new SpdyStream(this, this.#nextStreamId, headers);
    this.#nextStreamId += 2;
    this.#streams.set(stream.id, stream);
    this.sendFrame({
      type: "synStream",
      streamId: stream.id,
      associatedStreamId: 0,
      priority: 0,
      fin: false,
      unidirectional: false,
      headerBlock: this.compress(headers),
    });
    return stream;
  }

  /** Sends a PING and waits for its echo; gives the round trip in milliseconds. Rejects when the connection ends first. */
  async ping(): Promise<number> {
    if (this.#end) throw errorOfEnd(this.#end);
    const id = this.#nextPingId;
    this.#nextPingId += 2;
    const echo = new Deferred<void>();
    this.#pings.set(id, echo);
    const startedMs = performance.now();
    this.sendFrame({ type: "ping", id });
    await echo.promise;
    return performance.now() - startedMs;
  }

  async close(): Promise<void> {
    if (!this.#end) {
      for (const stream of this.#streams.values()) {
        this.sendFrame({ type: "rstStream", streamId: stream.id, status: ResetStatus.cancel });
      }
      this.sendFrame({ type: "goAway", lastStreamId: this.#lastPeerStreamId, status: 0 });
      this.#finish({ by: "local" });
      this.#transport.end();
      this.#transport.resume();
      setTimeout(() => this.#transport.destroy(), GOODBYE_PATIENCE_MS).unref();
    }
    await this.ended;
  }

  abort(error: StreamingError): void {
    this.#finish({ by: "error", error });
    this.#transport.destroy();
  }

  sendFrame(frame: SendableFrame): void {
    if (!this.#end) this.#transport.write(encodeControlFrame(frame));
  }

  sendData(streamId: number, chunk: Buffer, fin: boolean, done: (error?: Error) => void): void {
    if (this.#end) {
      done(errorOfEnd(this.#end));
      return;
    }
    this.#transport.cork();
    this.#transport.write(encodeDataHeader(streamId, chunk.length, fin));
    if (chunk.length > 0) this.#transport.write(chunk);
    this.#transport.uncork();
    if (this.#transport.writableNeedDrain) this.#waiting.push(done);
    else done();
  }

  compress(headers: SpdyHeaders): Buffer {
    return this.#compressor.compress(headers);
  }

  forget(stream: SpdyStream): void {
    this.#streams.delete(stream.id);
  }

  onData(streamId: number, piece: Buffer, fin: boolean): void {
    if (this.#end) return;
    const stream = this.#find(streamId, "DATA");
    if (stream === undefined || (piece.length === 0 && !fin)) this.#guard.count("DATA frame");
    if (piece.length > 0) stream?.receiveData(piece);
    if (fin) stream?.receiveEnd();
  }

  onControlFrame(frame: ControlFrame): void {
    if (this.#end) return;
    switch (frame.type) {
      case "synStream":
        this.#accept(frame);
        break;
      case "synReply":
      case "headers": {
        // Every block must pass through the decompressor, wanted or not, or the next one is unreadable.
        const headers = this.#decompressor.decompress(frame.headerBlock);
        const stream = this.#find(frame.streamId, "SYN_REPLY or HEADERS");
        if (frame.type === "synReply" && stream?.isAwaitingReply) stream.receiveReply(headers);
        else this.#guard.count("SYN_REPLY or HEADERS frame", HEADER_BLOCK_WEIGHT);
        if (frame.fin) stream?.receiveEnd();
        break;
      }
      case "rstStream": {
        const stream = this.#find(frame.streamId, "RST_STREAM");
        if (stream) stream.receiveReset(frame.status);
        else this.#guard.count("RST_STREAM frame");
        break;
      }
      case "ping":
        this.#guard.count("PING frame");
        this.#onPing(frame.id);
        break;
      case "goAway":
        this.#guard.count("GOAWAY frame");
        this.#peerSaidGoodbye = true;
        break;
      case "windowUpdate":
        if (!this.#streams.has(frame.streamId)) this.#guard.count("WINDOW_UPDATE frame");
        break;
      case "settings":
      case "unknown":
        this.#guard.count(`${frame.type} frame`);
        break;
    }
  }

  #read(chunk: Buffer): void {
    if (this.#end) return;
    // What the frames of one chunk make us say goes out in one write: a peer that floods ping gets little work done for it.
    this.#transport.cork();
    try {
      this.#decoder.push(chunk);
    } catch (error) {
      if (!(error instanceof StreamingError)) throw error;
      this.abort(error);
    } finally {
      this.#transport.uncork();
    }
  }

  #accept(frame: ControlFrame & { type: "synStream" }): void {
    const headers = this.#decompressor.decompress(frame.headerBlock);
    if (!this.#onStream) this.#guard.count("SYN_STREAM frame", HEADER_BLOCK_WEIGHT);
    const { streamId } = frame;
    if (streamId === 0 || this.#isOurs(streamId) || streamId <= this.#lastPeerStreamId) {
      throw new PeerProtocolError(`the peer opened stream ${streamId}, which is not its to open or not new`);
    }
    this.#lastPeerStreamId = streamId;
    const stream = new SpdyStream(this, streamId, headers);
    this.#streams.set(streamId, stream);
    if (this.#onStream) this.#onStream(stream);
    else stream.reset(ResetStatus.refusedStream);
    if (frame.fin) stream.receiveEnd();
  }

  #onPing(id: number): void {
    if (this.#isOurs(id)) {
      this.#pings.get(id)?.resolve();
      this.#pings.delete(id);
    } else if (this.#transport.writableLength < MAX_UNSENT_FOR_PONG_BYTES) {
      this.sendFrame({ type: "ping", id });
    }
  }

  /** The stream, or undefined when it is closed already. */
  #find(streamId: number, frameName: string): SpdyStream | undefined {
    const wasOpened = this.#isOurs(streamId) ? streamId < this.#nextStreamId : streamId <= this.#lastPeerStreamId;
    if (streamId === 0 || !wasOpened) {
      throw new PeerProtocolError(`a ${frameName} frame names stream ${streamId}, which was never opened`);
    }
    return this.#streams.get(streamId);
  }

  #isOurs(id: number): boolean {
    return id % 2 === this.#nextStreamId % 2;
  }

  #onPeerEnd(): void {
    const why = this.#decoder.isMidFrame ? "in the middle of a frame" : "before the peer ended the stream";
    const error = new ConnectionLostError(`the connection ended ${why}`);
    this.#finish(this.#decoder.isMidFrame ? { by: "error", error } : { by: "peer" }, error);
    this.#transport.destroy();
  }

  #onLost(cause: Error | undefined): void {
    const error = new ConnectionLostError(`the connection broke: ${cause?.message ?? "it was closed"}`, { cause });
    // A server that has said goodbye may close while bytes of ours are on the way, which the system reports as a reset.
    this.#finish(this.#peerSaidGoodbye ? { by: "peer" } : { by: "error", error }, error);
  }

  #finish(end: SessionEnd, error: StreamingError = errorOfEnd(end)): void {
    if (this.#end) return;
    this.#end = end;
    for (const stream of [...this.#streams.values()]) stream.fail(error);
    for (const echo of this.#pings.values()) echo.reject(error);
    this.#releaseWriters(error);
  }

  #releaseWriters(error?: Error): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const done of waiting) done(error);
  }
}
