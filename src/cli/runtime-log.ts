import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { systemErrorReason } from "../config/errors.js";
import type { RunEvent } from "../report/model.js";

/** What is kept of a runtime's log for one attempt; a debug log has some 4 KiB per RPC, and its end tells most. */
const EXCERPT_BYTES = 12 * 1024;

/** Words after which a log has what nobody else should read, up to the next blank or quote. */
const SECRET =
  /((?:password|passwd|secret|token|authorization|credentials?|api[_-]?key)\\?["']?\s*[:=]\s*\\?["']?(?:(?:basic|bearer)\s+)?)[^\s"'\\,;}]+/gi;

/** User and password in a URL. */
const URL_CREDENTIALS = /(:\/\/)[^/@\s:]+:[^/@\s]*@/g;

/**
 * Cuts out of the runtime's log what was written while a spec ran, by where the file ended before and after, so that no
 * clock and no format of a log matters. Specs that run at the same time share the lines. A log that was rotated meanwhile
 * is read from its new beginning.
 */
export class RuntimeLog {
  readonly #starts = new Map<string, number>();
  #trouble: string | undefined;

  constructor(private readonly path: string) {}

  /** Why the log could not be read, if so; the run goes on without it. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Adds the excerpt to the event that ends an attempt that did not hold; passes on any other event as it is. */
  annotate(event: RunEvent): RunEvent {
    if (event.type === "specStarted") {
      this.#starts.set(event.id, this.#read((_, bytes) => bytes) ?? 0);
      return event;
    }
    if (event.type !== "specEnded") return event;
    const { status } = event.attempt.outcome;
    const start = this.#starts.get(event.id);
    if (start === undefined || (status !== "mismatch" && status !== "broken")) return event;
    const runtimeLog = this.#read((fd, bytes) => readRange(fd, start > bytes ? 0 : start, bytes));
    return runtimeLog === undefined || runtimeLog === ""
      ? event
      : { ...event, attempt: { ...event.attempt, runtimeLog } };
  }

  #read<T>(look: (fd: number, bytes: number) => T): T | undefined {
    try {
      // Non-blocking, because opening a FIFO without a writer would wait for ever.
      const fd = openSync(this.path, constants.O_RDONLY | constants.O_NONBLOCK);
      try {
        const stat = fstatSync(fd);
        if (!stat.isFile()) throw new Error("it is no regular file");
        return look(fd, stat.size);
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      this.#trouble ??= `The runtime's log "${this.path}" cannot be read: ${systemErrorReason(error)}; correct --runtime-log.`;
      return undefined;
    }
  }
}

function readRange(fd: number, from: number, to: number): string {
  const start = Math.max(from, to - EXCERPT_BYTES);
  const buffer = Buffer.alloc(to - start);
  const text = buffer.toString("utf8", 0, readSync(fd, buffer, 0, buffer.length, start));
  // Where the beginning is cut off, so is the rest of its line: it may be the end of a secret.
  const whole = start > from ? `[... ${start - from} bytes cut ...]\n${text.slice(text.indexOf("\n") + 1)}` : text;
  return whole.trimEnd().replace(SECRET, "$1REDACTED").replace(URL_CREDENTIALS, "$1REDACTED@");
}
