import type { Readable, Writable } from "node:stream";
import type { ByteChannel, Link, SessionEnd } from "./channel.js";
import {
  cannotHalfClose,
  ChannelReadable,
  ChannelWritable,
  endedReadable,
  refusedWritable,
  TextCollector,
} from "./channel-streams.js";
import { endOnAbort } from "./deadline.js";
import { Deferred } from "./deferred.js";
import {
  ConnectionLostError,
  PeerProtocolError,
  SessionClosedError,
  StreamAbortedError,
  StreamResetError,
  UnsupportedByProtocolError,
  type StreamingError,
} from "./errors.js";
import { parseExitStatus, parseStatus, type ExitStatus } from "./exit-status.js";
import type { StreamSession, StreamTransport } from "./session.js";

/** The channels of an exec or attach session; those that were not requested are missing. */
export interface StreamChannels {
  error: ByteChannel;
  stdin?: ByteChannel;
  stdout?: ByteChannel;
  stderr?: ByteChannel;
  resize?: ByteChannel;
}

export interface StreamSessionSetup {
  link: Link;
  transport: StreamTransport;
  protocol: string;
  canHalfClose: boolean;
  channels: StreamChannels;
  /** Aborts the session for as long as it lives. */
  signal?: AbortSignal;
}

/** A Status object is a few hundred bytes; an internal error may quote some output of the OCI runtime. */
const MAX_STATUS_BYTES = 64 * 1024;
/** Servers send the status in one piece. Tries are bounded so that a peer that drips bytes cannot make parsing expensive. */
const MAX_EARLY_PARSES = 16;
/** RST_STREAM status 5: how Kubernetes servers tear down the streams of a session that is over. */
const CANCEL = 5;

/** An exec or attach session over any transport that gives channels. */
export class ChannelStreamSession implements StreamSession {
  readonly transport: StreamTransport;
  readonly protocol: string;
  readonly canHalfClose: boolean;
  readonly canResize: boolean;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly closed: Promise<SessionEnd>;

  readonly #link: Link;
  readonly #resize: ByteChannel | undefined;
  readonly #errorText: TextCollector;
  readonly #exit = new Deferred<ExitStatus>();
  #errorEnded = false;
  #openOutputs = 0;
  #earlyParses = 0;

  constructor({ link, transport, protocol, canHalfClose, channels, signal }: StreamSessionSetup) {
    this.#link = link;
    this.transport = transport;
    this.protocol = protocol;
    this.canHalfClose = canHalfClose;
    this.#resize = channels.resize;
    this.canResize = channels.resize !== undefined;
    this.stdin = channels.stdin ? new ChannelWritable(channels.stdin, protocol) : refusedWritable();
    this.stdout = this.#output(channels.stdout);
    this.stderr = this.#output(channels.stderr);
    this.#errorText = new TextCollector(channels.error, MAX_STATUS_BYTES, {
      onText: () => this.#readEarlyStatus(),
      onOverflow: () => link.abort(new PeerProtocolError(`the peer sent over ${MAX_STATUS_BYTES} bytes of status`)),
      onEnd: (error) => this.#endErrorChannel(error),
    });
    this.closed = link.ended;
    void link.ended.then((end) => this.#settleAtEnd(end));
    endOnAbort(link, signal);
  }

  get exit(): Promise<ExitStatus> {
    return this.#exit.promise;
  }

  async closeStdin(): Promise<void> {
    if (!this.canHalfClose) throw cannotHalfClose(this.protocol);
    const { stdin } = this;
    if (stdin.writableFinished) return;
    await new Promise<void>((resolve, reject) => {
      stdin.end((error?: Error | null) => (error ? reject(stdin.errored ?? error) : resolve()));
    });
  }

  async resize(columns: number, rows: number): Promise<void> {
    const channel = this.#resize;
    if (channel === undefined) {
      throw new UnsupportedByProtocolError(`this session has no resize stream: open it with a tty and v3 or later`);
    }
    const size = Buffer.from(`${JSON.stringify({ Width: columns, Height: rows })}\n`);
    await new Promise<void>((resolve, reject) => channel.send(size, (error) => (error ? reject(error) : resolve())));
  }

  close(): Promise<void> {
    return this.#link.close();
  }

  abort(reason?: unknown): void {
    this.#link.abort(new StreamAbortedError(reason));
  }

  #output(channel: ByteChannel | undefined): Readable {
    if (channel === undefined) return endedReadable();
    this.#openOutputs++;
    const onPeerEnd = () => {
      this.#openOutputs--;
      if (this.#openOutputs === 0 && this.#errorEnded) this.#exit.resolve({ kind: "silent" });
    };
    return new ChannelReadable(channel, (error) => this.#isOutputEnd(error), onPeerEnd);
  }

  /**
   * Servers may reset an output with CANCEL instead of finishing it, and may close the connection right after the status. Every
   * Kubernetes client takes both for the end of the output.
   */
  #isOutputEnd(error: StreamingError): boolean {
    if (error instanceof StreamResetError) return error.status === CANCEL;
    return error instanceof ConnectionLostError && this.#exit.settled;
  }

  get #hasJsonStatus(): boolean {
    return /^v[4-9]/.test(this.protocol);
  }

  /** Over WebSocket the error channel never ends by itself, so a complete Status object is enough. */
  #readEarlyStatus(): void {
    if (!this.#hasJsonStatus || this.#exit.settled || this.#earlyParses++ >= MAX_EARLY_PARSES) return;
    const status = parseStatus(this.#errorText.text());
    if (status) this.#exit.resolve(status);
  }

  #endErrorChannel(error: StreamingError | undefined): void {
    // Anything but a reset is the end of the connection, which is judged there.
    if (error && !(error instanceof StreamResetError)) return;
    this.#errorEnded = true;
    const status = parseExitStatus(this.#errorText.text(), this.#hasJsonStatus);
    // v1 servers reset the error stream at once: without a word it tells nothing until the outputs have ended, too.
    if (status.kind !== "silent") this.#exit.resolve(status);
  }

  #settleAtEnd(end: SessionEnd): void {
    if (this.#exit.settled) return;
    const lost = end.by === "error" && end.error instanceof ConnectionLostError ? end.error : undefined;
    if (end.by === "local") {
      this.#exit.reject(new SessionClosedError("the session was closed before the peer told how the process ended"));
    } else if (end.by === "error" && lost === undefined) {
      this.#exit.reject(end.error);
    } else {
      const status = parseExitStatus(this.#errorText.text(), this.#hasJsonStatus);
      const silent = status.kind === "silent" && !this.#errorEnded;
      this.#exit.resolve(silent ? { kind: "disconnected", ...(lost && { error: lost }) } : status);
    }
  }
}
