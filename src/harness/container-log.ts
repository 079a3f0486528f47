/**
 * One entry of a container log file, in one of the formats that the kubelet parses: `TIMESTAMP STREAM TAG CONTENT`, or
 * the JSON objects of Docker, whose entries end with a newline exactly where CRI's have the tag F.
 */
export interface LogEntry {
  /** As written, RFC 3339 with nanoseconds. */
  timestamp: string;
  stream: "stdout" | "stderr";
  /** `F` ends a line, `P` is a part of a longer one. */
  tag: "F" | "P";
  /** The bytes of the content, without the entry's own newline. */
  content: Buffer;
}

/** What a log file holds: entries, and the raw lines that do not have the form of one. */
export interface ParsedLog {
  /** Of the last entry; undefined where there is none. */
  format?: "CRI" | "Docker JSON";
  entries: LogEntry[];
  malformed: string[];
  /** Bytes after the last newline: an entry still being written. */
  tail: Buffer;
}

const HEAD = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})) (stdout|stderr) ([FP])(?:$| )/;

/** The head (timestamp, stream, tag) fits in this many bytes. */
const HEAD_BYTES = 64;

/** Parses the bytes of a container log file; content may be any bytes but newline. */
export function parseContainerLog(bytes: Buffer): ParsedLog {
  const log: ParsedLog = { entries: [], malformed: [], tail: Buffer.alloc(0) };
  let start = 0;
  while (start < bytes.length) {
    const end = bytes.indexOf(0x0a, start);
    if (end < 0) {
      log.tail = bytes.subarray(start);
      break;
    }
    const line = bytes.subarray(start, end);
    const json = line[0] === 0x7b; // an opening brace
    const entry = json ? parseJsonEntry(line) : parseCriEntry(line);
    if (entry) {
      log.entries.push(entry);
      log.format = json ? "Docker JSON" : "CRI";
    } else {
      log.malformed.push(line.subarray(0, 200).toString("latin1"));
    }
    start = end + 1;
  }
  return log;
}

function parseCriEntry(line: Buffer): LogEntry | undefined {
  const head = HEAD.exec(line.subarray(0, HEAD_BYTES).toString("latin1"));
  const [matched, timestamp, stream, tag] = head ?? [];
  if (matched === undefined || timestamp === undefined) return undefined;
  const content = line.subarray(matched.length);
  return { timestamp, stream: stream as LogEntry["stream"], tag: tag as LogEntry["tag"], content };
}

/** One line of Docker's json-file logging driver: `{"log":"…\n","stream":"stdout","time":"…"}`. */
function parseJsonEntry(line: Buffer): LogEntry | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line.toString("utf8"));
  } catch {
    return undefined;
  }
  const { log, stream, time } = parsed as { log?: unknown; stream?: unknown; time?: unknown };
  if (typeof log !== "string" || typeof time !== "string" || (stream !== "stdout" && stream !== "stderr"))
    return undefined;
  const ended = log.endsWith("\n");
  return { timestamp: time, stream, tag: ended ? "F" : "P", content: Buffer.from(ended ? log.slice(0, -1) : log) };
}

/** A time of a log entry in nanoseconds since the epoch. */
export function timestampNs(timestamp: string): bigint {
  const [, fraction = ""] = /\.(\d+)/.exec(timestamp) ?? [];
  const wholeSeconds = timestamp.replace(/\.\d+/, "");
  return BigInt(Date.parse(wholeSeconds)) * 1_000_000n + BigInt(fraction.padEnd(9, "0").slice(0, 9));
}

/** The lines a container wrote: parts joined up to the entry that ends the line, per stream, in file order. */
export function joinLines(entries: readonly LogEntry[], stream?: LogEntry["stream"]): string[] {
  const lines: string[] = [];
  const open = new Map<string, Buffer[]>();
  for (const entry of entries) {
    if (stream && entry.stream !== stream) continue;
    const parts = [...(open.get(entry.stream) ?? []), entry.content];
    if (entry.tag === "P") open.set(entry.stream, parts);
    else {
      open.delete(entry.stream);
      lines.push(Buffer.concat(parts).toString("utf8"));
    }
  }
  for (const parts of open.values()) lines.push(Buffer.concat(parts).toString("utf8"));
  return lines;
}
