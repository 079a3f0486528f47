/** One entry of a container log file: `TIMESTAMP STREAM TAG CONTENT` (the format that the kubelet parses). */
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
    const head = HEAD.exec(line.subarray(0, HEAD_BYTES).toString("latin1"));
    const [matched, timestamp, stream, tag] = head ?? [];
    if (matched !== undefined && timestamp !== undefined) {
      const content = line.subarray(matched.length);
      log.entries.push({ timestamp, stream: stream as LogEntry["stream"], tag: tag as LogEntry["tag"], content });
    } else {
      log.malformed.push(line.subarray(0, 200).toString("latin1"));
    }
    start = end + 1;
  }
  return log;
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
