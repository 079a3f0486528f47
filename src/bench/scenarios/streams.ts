import type { Readable, Writable } from "node:stream";
import { openStreamSession, UpgradeRefusedError, type StreamFlags, type StreamSession } from "../../streaming/index.js";
import { formatDurationMs } from "../../support/duration.js";

/** An answer that takes longer is a hang. */
const ECHO_TIMEOUT_MS = 10_000;

const LINE = Buffer.from("critique\n");

type Transport = StreamSession["transport"];

/** Opens sessions over SPDY, or over WebSocket once a runtime has refused SPDY; as kubectl does it the other way round. */
export class SessionOpener {
  #transport: Transport = "spdy";

  constructor(
    private readonly flags: StreamFlags,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * Finds the transport that the runtime offers.
   *
   * @param newUrl asks the runtime for a session; URLs are single-use, so each try needs a new one.
   */
  async settle(newUrl: () => Promise<string>): Promise<void> {
    try {
      await (await this.open(await newUrl())).close();
    } catch (error) {
      if (!(error instanceof UpgradeRefusedError)) throw error;
      this.#transport = "websocket";
      await (await this.open(await newUrl())).close();
    }
  }

  open(url: string): Promise<StreamSession> {
    return openStreamSession(url, { ...this.flags, transport: this.#transport, signal: this.signal });
  }
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
