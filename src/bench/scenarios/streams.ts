import { Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  openStreamSession,
  UpgradeRefusedError,
  type StreamFlags,
  type StreamSession,
  type StreamTransport,
} from "../../streaming/index.js";
import { formatDurationMs } from "../../support/duration.js";
import { NotApplicableError } from "../core/scenario.js";

/** An answer that takes longer is a hang. */
const ECHO_TIMEOUT_MS = 10_000;

const LINE = Buffer.from("critique\n");

/** Scenarios of streaming exist once for each; `NAME-spdy` and `NAME-websocket`. */
export const TRANSPORTS = ["spdy", "websocket"] as const satisfies readonly StreamTransport[];

/** How sessions are opened. Runtimes make themselves a certificate for https; those who follow their URLs take it. */
export const dialWith = (transport: StreamTransport, signal: AbortSignal) => ({
  transport,
  signal,
  tls: { rejectUnauthorized: false },
});

/** Opens sessions of exec and attach over one transport. */
export class SessionOpener {
  constructor(
    private readonly transport: StreamTransport,
    private readonly flags: StreamFlags,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * Finds out whether the runtime offers the transport.
   *
   * @param newUrl asks the runtime for a session; URLs are single-use, so each try needs a new one.
   * @throws NotApplicableError when it refuses.
   */
  async settle(newUrl: () => Promise<string>): Promise<void> {
    try {
      await (await this.open(await newUrl())).close();
    } catch (error) {
      throw notOffered(error, this.transport);
    }
  }

  open(url: string): Promise<StreamSession> {
    return openStreamSession(url, { ...this.flags, ...dialWith(this.transport, this.signal) });
  }
}

/** What an error of opening means: a refusal makes a scenario not applicable. */
export function notOffered(error: unknown, transport: StreamTransport): unknown {
  if (!(error instanceof UpgradeRefusedError)) return error;
  return new NotApplicableError(`the runtime does not offer the transport ${transport}: ${error.message}`);
}

/**
 * Reads and drops so many bytes, without taking over the stream as an iterator would.
 *
 * @param onFirst told when the first of them are there.
 * @throws Error when the stream ends before.
 */
export function readBytes(from: Readable, sizeBytes: number, signal: AbortSignal, onFirst?: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let leftBytes = sizeBytes;
    const settle = () => {
      from.off("data", onData).off("end", onEnd).off("error", fail);
      signal.removeEventListener("abort", onAbort);
    };
    const fail = (error: Error) => {
      settle();
      reject(error);
    };
    const onData = (chunk: Buffer) => {
      if (leftBytes === sizeBytes) onFirst?.();
      leftBytes -= chunk.length;
      if (leftBytes > 0) return;
      settle();
      resolve();
    };
    const onEnd = () => fail(new Error(`the stream ended with ${leftBytes} of ${sizeBytes} bytes to come`));
    const onAbort = () => fail(new Error("aborted"));
    from.on("data", onData).on("end", onEnd).on("error", fail);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}

/** Writes so many bytes as fast as they are taken, and leaves the stream open. */
export async function writeBytes(to: Writable, sizeBytes: number, signal: AbortSignal): Promise<void> {
  const block = Buffer.alloc(64 * 1024);
  let leftBytes = sizeBytes;
  const source = new Readable({
    read() {
      const piece = block.subarray(0, leftBytes);
      leftBytes -= piece.length;
      this.push(piece.length > 0 ? piece : null);
    },
  });
  await pipeline(source, to, { end: false, signal });
}

/**
 * Sends a line and waits until it has come back.
 *
 * @throws Error when something else comes, the stream ends before, or nothing comes in time.
 */
export async function echoLine(to: Writable, from: Readable, signal: AbortSignal): Promise<void> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(ECHO_TIMEOUT_MS)]);
  to.write(LINE);
  let seen = Buffer.alloc(0);
  try {
    while (seen.length < LINE.length) seen = Buffer.concat([seen, await nextChunk(from, patience)]);
  } catch (error) {
    signal.throwIfAborted();
    if (patience.aborted) throw new Error(`no echo came within ${formatDurationMs(ECHO_TIMEOUT_MS)}`, { cause: error });
    throw error;
  }
  if (!seen.equals(LINE))
    throw new Error(`${JSON.stringify(seen.toString("latin1", 0, 100))} came instead of the echo`);
}

/** Reads what is there, without taking over the stream as an iterator would. */
function nextChunk(from: Readable, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      from.off("readable", onReadable).off("end", onEnd).off("error", onError);
      signal.removeEventListener("abort", onAbort);
    };
    const fail = (error: Error) => {
      settle();
      reject(error);
    };
    const onReadable = () => {
      const chunk = from.read() as Buffer | null;
      if (chunk === null) return;
      settle();
      resolve(chunk);
    };
    const onEnd = () => fail(new Error("the stream ended before the echo"));
    const onError = (error: Error) => fail(error);
    const onAbort = () => fail(new Error("aborted"));
    from.on("readable", onReadable).on("end", onEnd).on("error", onError);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    else if (from.readableEnded) onEnd();
    else onReadable();
  });
}
