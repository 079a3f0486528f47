import { harmlessJson } from "../report/escape.js";

/** What a message quotes of a stranger's text at most. */
const MAX_CHARS = 200;

/** Quotes text or bytes of unknown origin: on one line, without control characters, and short. */
export function printable(value: string | Uint8Array): string {
  const text = typeof value === "string" ? value : Buffer.from(value).toString("latin1");
  const quoted = harmlessJson(JSON.stringify(text.slice(0, MAX_CHARS)));
  return text.length > MAX_CHARS ? `${quoted}…` : quoted;
}
