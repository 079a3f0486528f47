import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join } from "node:path";

import { boundEvent } from "./bounds.js";
import { harmlessJson } from "./escape.js";
import { SCHEMA_VERSION, type RunEvent } from "./model.js";
import { makeFolder } from "../support/make-folder.js";

/** Name of the event log in a report folder, after the prefix if there is one. */
export const EVENT_LOG_NAME = "events.ndjson";

/** A file of the report folder cannot be written. */
export class ReportFolderError extends Error {
  override readonly name = "ReportFolderError";

  constructor(
    readonly path: string,
    override readonly cause: unknown,
  ) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`The report folder cannot take ${path} (${why}); name a folder you may write to with --report-dir.`);
  }
}

/**
 * Makes sure that reports can be written to a folder, and makes it where it is missing.
 * @throws ReportFolderError
 */
export function assertReportFolder(folder: string): void {
  try {
    makeFolder(folder);
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw new ReportFolderError(folder, error);
  }
}

/** A file is no event log, or one that this version cannot read. */
export class EventLogError extends Error {
  override readonly name = "EventLogError";
}

/**
 * Writes events.ndjson: one event per line, handed to the system as it happens, so that whatever ends the process the
 * events up to then can be read again.
 */
export class EventLog {
  readonly #fd: number;
  #trouble: ReportFolderError | undefined;

  private constructor(
    readonly path: string,
    fd: number,
  ) {
    this.#fd = fd;
  }

  /**
   * Creates the folder and an empty log in it. Open it before the work starts: a folder that cannot be written to is
   * noticed at once.
   *
   * @param prefix begins the file's name; see `--report-prefix`.
   * @throws ReportFolderError
   */
  static open(folder: string, prefix = ""): EventLog {
    const path = join(folder, `${prefix}${EVENT_LOG_NAME}`);
    try {
      makeFolder(dirname(path));
      return new EventLog(path, openSync(path, "w"));
    } catch (error) {
      throw new ReportFolderError(path, error);
    }
  }

  /**
   * Opens the log of a run that goes on; a last line without its end, which a killed run leaves, is cut off.
   * @throws ReportFolderError
   */
  static reopen(folder: string, prefix = ""): EventLog {
    const path = join(folder, `${prefix}${EVENT_LOG_NAME}`);
    try {
      const fd = openSync(path, constants.O_RDWR | constants.O_APPEND);
      ftruncateSync(fd, completeBytes(fd));
      return new EventLog(path, fd);
    } catch (error) {
      throw new ReportFolderError(path, error);
    }
  }

  /** Set once a line could not be written, for instance on a full disk; nothing is written after that. */
  get trouble(): ReportFolderError | undefined {
    return this.#trouble;
  }

  /**
   * Writes an event. It does not throw, because a full disk must not decide a spec's verdict: see {@link trouble}.
   *
   * @returns the event with its texts shortened, as it was written. Make everything else from this one, so that a
   * report made during the run and one made later from the log are the same.
   */
  append(event: RunEvent): RunEvent {
    const bounded = boundEvent(event);
    if (!this.#trouble) {
      try {
        writeFully(this.#fd, Buffer.from(`${harmlessJson(JSON.stringify(bounded))}\n`));
      } catch (error) {
        this.#trouble = new ReportFolderError(this.path, error);
      }
    }
    return bounded;
  }

  /**
   * Waits until the disk has everything and closes the log.
   *
   * @throws ReportFolderError when an event could not be written, now or earlier.
   */
  close(): void {
    try {
      fsyncSync(this.#fd);
    } catch (error) {
      this.#trouble ??= new ReportFolderError(this.path, error);
    } finally {
      closeSync(this.#fd);
    }
    if (this.#trouble) throw this.#trouble;
  }
}

/** How much of a file is complete lines. */
function completeBytes(fd: number): number {
  const chunk = Buffer.alloc(64 * 1024);
  for (let end = fstatSync(fd).size; end > 0;) {
    const from = Math.max(0, end - chunk.length);
    const newline = chunk.subarray(0, readSync(fd, chunk, 0, end - from, from)).lastIndexOf(10);
    if (newline >= 0) return from + newline + 1;
    end = from;
  }
  return 0;
}

/** A single write may take only a part when the disk runs full or the file is a pipe. */
function writeFully(fd: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length;) written += writeSync(fd, bytes, written);
}

/** Longest line the reader takes; the writer's bounds keep its own lines far below. */
const LINE_LIMIT_BYTES = 64 * 1024 * 1024;

/**
 * Reads an event log, one event after the other. A last line without its end, which a killed run leaves, is left out.
 * Events of a kind this version does not know are skipped: within a major version kinds may only be added.
 *
 * @throws EventLogError when the file is no event log, is damaged, or was written by another major version; the system's
 * error when it cannot be opened.
 */
export async function* readEventLog(path: string): AsyncGenerator<RunEvent> {
  let lineNumber = 0;
  for await (const { text, complete } of readLines(path)) {
    lineNumber++;
    const event = parseEvent(text);
    if (event === undefined) {
      if (!complete && lineNumber > 1) return;
      if (lineNumber === 1) throw foreign(path);
      throw new EventLogError(
        `${path} is damaged: line ${lineNumber} is no event; take the log from the original run folder.`,
      );
    }
    if (lineNumber === 1) checkStart(path, event);
    if (KNOWN_TYPES.has(event.type)) yield event as RunEvent;
  }
  if (lineNumber === 0) throw foreign(path);
}

const KNOWN_TYPES: ReadonlySet<string> = new Set<RunEvent["type"]>([
  "runStarted",
  "runResumed",
  "specStarted",
  "specEnded",
  "note",
  "finding",
  "streamingOffers",
  "runEnded",
]);

interface AnyEvent {
  type: string;
}

function parseEvent(line: string): AnyEvent | undefined {
  try {
    const value = JSON.parse(line) as unknown;
    return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string"
      ? (value as AnyEvent)
      : undefined;
  } catch {
    return undefined;
  }
}

function checkStart(path: string, event: AnyEvent): void {
  const start = event as Partial<Extract<RunEvent, { type: "runStarted" }>>;
  const schema: unknown = start.run?.schema;
  if (start.type !== "runStarted" || typeof schema !== "string" || !Array.isArray(start.specs)) throw foreign(path);
  const [major] = schema.split(".");
  const [ownMajor] = SCHEMA_VERSION.split(".");
  if (major !== ownMajor) {
    const remedy = Number(major) > Number(ownMajor) ? "use a newer critique" : "use the critique that wrote it";
    throw new EventLogError(`${path} has schema ${schema}, this critique reads ${ownMajor}.x; ${remedy}.`);
  }
}

function foreign(path: string): EventLogError {
  return new EventLogError(
    `${path} is no event log of critique: its first line must be a runStarted event; name a run's ${EVENT_LOG_NAME}.`,
  );
}

/** Lines of a file as UTF-8; `complete` is false for a last line without a newline. */
async function* readLines(path: string): AsyncGenerator<{ text: string; complete: boolean }> {
  await using file = await open(path);
  let parts: Buffer[] = [];
  let partsBytes = 0;
  for await (const chunk of file.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      yield { text: Buffer.concat([...parts, chunk.subarray(from, end)]).toString("utf8"), complete: true };
      parts = [];
      partsBytes = 0;
      from = end + 1;
    }
    parts.push(chunk.subarray(from));
    partsBytes += chunk.length - from;
    if (partsBytes > LINE_LIMIT_BYTES) throw foreign(path);
  }
  if (partsBytes > 0) yield { text: Buffer.concat(parts).toString("utf8"), complete: false };
}
