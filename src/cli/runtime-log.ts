import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { systemErrorReason } from "../config/errors.js";
import type { RunEvent } from "../report/model.js";

/** What is kept of a runtime's log for one attempt; a debug log has some 4 KiB per RPC, and its end tells most. */
const EXCERPT_BYTES = 12 * 1024;

/** A line of the log within a sentence is no longer. */
const LINE_CHARS = 500;

/** How far back from its end a log is searched for a crash; the stacks of thousands of goroutines come after its first line. */
const CRASH_SEARCH_BYTES = 16 * 1024 * 1024;

/** How the end of a program begins in its log: Go's panics, fatal errors and signals, and Rust's panics; a journal puts a name before. */
const CRASH =
  /^(?:.*\]: )?(?:panic: |fatal error: |runtime: out of memory|unexpected fault address|SIG[A-Z]{3,}: |thread '.*' panicked at ).*$/m;

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
  /** Where the log ended when the run began. */
  readonly #start: number;
  #trouble: string | undefined;

  constructor(private readonly path: string) {
    this.#start = this.#read((_, bytes) => bytes) ?? 0;
  }

  /** Why the log could not be read, if so; the run goes on without it. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /**
   * Adds the excerpt to the event that ends an attempt that did not hold, and the crash to the one that ends a run because the runtime
   * is gone; passes on any other event as it is.
   */
  annotate(event: RunEvent): RunEvent {
    if (event.type === "specStarted") {
      this.#starts.set(event.id, this.#read((_, bytes) => bytes) ?? 0);
      return event;
    }
    if (event.type === "runEnded" && event.end.how === "runtimeLost") {
      const crash = this.#read((fd, bytes) => crashIn(fd, since(this.#start, bytes), bytes));
      if (crash === undefined) return event;
      const [line = ""] = crash.split("\n", 1);
      const reason = `${event.end.reason}; its log has: ${line.slice(0, LINE_CHARS)}`;
      return { ...event, end: { ...event.end, reason } };
    }
    if (event.type !== "specEnded") return event;
    const { status } = event.attempt.outcome;
    const start = this.#starts.get(event.id);
    if (start === undefined || (status !== "mismatch" && status !== "broken")) return event;
    const runtimeLog = this.#read((fd, bytes) => excerpt(fd, since(start, bytes), bytes));
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

/** A log that is shorter than it was has been rotated. */
const since = (start: number, bytes: number): number => (start > bytes ? 0 : start);

/** The end of what was written, or the beginning of a crash in it: its reason comes before the stacks. */
function excerpt(fd: number, from: number, to: number): string {
  return crashIn(fd, from, to) ?? readRange(fd, from, to);
}

/** What the log says from where a crash begins; undefined without one. */
function crashIn(fd: number, from: number, to: number): string | undefined {
  const start = Math.max(from, to - CRASH_SEARCH_BYTES);
  const buffer = Buffer.alloc(to - start);
  // One character for each byte, so that positions are those in the file.
  const found = CRASH.exec(buffer.toString("latin1", 0, readSync(fd, buffer, 0, buffer.length, start)));
  if (!found) return undefined;
  const crash = start + found.index;
  const text = readRange(fd, crash, Math.min(to, crash + EXCERPT_BYTES));
  const left = to - crash - EXCERPT_BYTES;
  return left > 0 ? `${text}\n[... ${left} bytes cut ...]` : text;
}

function readRange(fd: number, from: number, to: number): string {
  const start = Math.max(from, to - EXCERPT_BYTES);
  const buffer = Buffer.alloc(to - start);
  const text = buffer.toString("utf8", 0, readSync(fd, buffer, 0, buffer.length, start));
  // Where the beginning is cut off, so is the rest of its line: it may be the end of a secret.
  const whole = start > from ? `[... ${start - from} bytes cut ...]\n${text.slice(text.indexOf("\n") + 1)}` : text;
  return whole.trimEnd().replace(SECRET, "$1REDACTED").replace(URL_CREDENTIALS, "$1REDACTED@");
}
