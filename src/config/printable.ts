/** What a message quotes of a stranger's text at most. */
const MAX_CHARS = 200;

/** Quotes text or bytes of unknown origin: on one line, without control characters, and short. */
export function printable(value: string | Uint8Array): string {
  const text = typeof value === "string" ? value : Buffer.from(value).toString("latin1");
  const quoted = JSON.stringify(text.slice(0, MAX_CHARS)).replace(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return text.length > MAX_CHARS ? `${quoted}…` : quoted;
}
