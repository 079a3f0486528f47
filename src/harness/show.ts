import { inspect } from "node:util";

/** Longest text of one value in a mismatch; the transcript has the rest. */
const MAX_CHARS = 300;

/** A value as a mismatch prints it: short, on one line, unambiguous. */
export function show(value: unknown): string {
  if (value instanceof Uint8Array)
    return `${value.byteLength} bytes ${bounded(Buffer.from(value).subarray(0, 32).toString("hex"))}`;
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "string") return bounded(JSON.stringify(value));
  return bounded(
    inspect(value, { depth: 6, breakLength: Infinity, compact: true, maxArrayLength: 20, maxStringLength: 100 }),
  );
}

function bounded(text: string): string {
  return text.length <= MAX_CHARS ? text : `${text.slice(0, MAX_CHARS)}… (${text.length} characters)`;
}
