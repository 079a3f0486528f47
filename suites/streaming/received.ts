import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, until, type ExitStatus, type StreamSession } from "../../src/harness/index.js";

/** What a stream has delivered so far. Reads to its end without destroying it, so its other direction stays usable. */
export class Received {
  readonly #chunks: Buffer[] = [];
  #over = "";

  constructor(stream: Readable) {
    stream.on("data", (chunk: Buffer) => this.#chunks.push(chunk));
    stream.once("end", () => (this.#over ||= "it ended"));
    stream.once("error", (error) => (this.#over ||= `it broke: ${error.message}`));
    stream.once("close", () => (this.#over ||= "it was closed"));
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  get text(): string {
    return this.bytes.toString("utf8");
  }

  get lines(): string[] {
    return this.text.split(/\r?\n/).slice(0, -1);
  }

  /** How the stream ended; empty while it goes on. */
  get over(): string {
    return this.#over;
  }

  /**
   * Waits for a text to be among what was received. Eight commands that were started at once in a kernel of the sandbox's
   * own took 11 s to say theirs on a busy node.
   */
  async untilHolding(what: string): Promise<void> {
    const last = (): string => this.text.slice(-1_000);
    await until(`the stream to deliver ${JSON.stringify(what)}`, () => this.text.includes(what) || this.#over, {
      timeoutMs: 30_000,
      seen: () => JSON.stringify(last()),
    });
    if (!this.text.includes(what)) expect(last(), `what the stream delivered until ${this.#over}`).to.include(what);
  }

  /** Whether a text is among what was received before long. */
  async holdsSoon(what: string): Promise<boolean> {
    // With runc a process answers within milliseconds, on a busy node within a second.
    const seen = until("an answer", () => this.text.includes(what) || this.#over, { timeoutMs: 5_000 });
    await seen.catch(() => undefined);
    return this.text.includes(what);
  }

  /** Waits for so many bytes, rather than for an end that may come late; one that comes before fails at once. */
  async untilBytes(count: number): Promise<Buffer> {
    let size = 0;
    await until(
      `the stream to deliver ${count} bytes`,
      () => (size = this.#chunks.reduce((sum, { length }) => sum + length, 0)) >= count || this.#over,
      { timeoutMs: 30_000, seen: () => `${size} bytes` },
    );
    if (size < count) expect(size, `bytes that the stream delivered until ${this.#over}`).to.be.at.least(count);
    return this.bytes;
  }

  /** Waits for the end, in good order or not. */
  async untilOver(): Promise<void> {
    await until("the stream to end", () => this.#over, { timeoutMs: 15_000, seen: () => "still open" });
  }
}

/** How often an input is sent at most. */
const MOST_SENDS = 3;

/**
 * Sends an input to a process and waits for what it says to it. An input without an answer is sent again, which must do no
 * harm, and that is noted: containerd 2.1 was seen to lose the first one after an Attach over SPDY, 2 of 37,000 on a busy node,
 * of which neither the client nor the log got anything; what followed came through.
 * @returns how often it was sent
 */
export async function untilAnswered(
  session: StreamSession,
  stdout: Received,
  { input, answer, note }: { input: string; answer: string; note: (text: string) => void },
): Promise<number> {
  let sends = 1;
  for (; ; sends++) {
    session.stdin.write(input);
    if (sends === MOST_SENDS || (await stdout.holdsSoon(answer)) || stdout.over) break;
    note(`${session.transport} ${session.protocol}: an input had no answer and was sent again`);
  }
  await stdout.untilHolding(answer);
  return sends;
}

export interface Ending {
  stdout: string;
  stderr: string;
  exit: ExitStatus;
}

/** Reads a session to its end. */
export async function endOf(session: StreamSession): Promise<Ending> {
  const [stdout, stderr, exit] = await Promise.all([text(session.stdout), text(session.stderr), session.exit]);
  return { stdout, stderr, exit };
}

/** How a session ends well under its protocol: from v4 on there is a status, before it is silence. */
export function successOf(protocol: string): object {
  return /^v[45]/.test(protocol) ? { kind: "exited", code: 0 } : { kind: "silent" };
}
