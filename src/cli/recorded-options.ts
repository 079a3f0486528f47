import type { Invocation } from "./invocation.js";
import { configKey, OPTION_LIST } from "./options.js";

/** Paths say where something was, not how the runtime was tested, and may hold a user's name. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  "config",
  "report-dir",
  "report-prefix",
  "json",
  "quiet",
  "verbose",
  "no-color",
  "rerun-failed",
  "runtime-log",
]);

/** The options that were given, by their configuration keys, for the record in the reports. */
export function recordedOptions({ sources, options }: Invocation): Record<string, unknown> {
  const entries = OPTION_LIST.filter((option) => sources.has(option.key) && !LEFT_OUT.has(configKey(option))).map(
    (option) => [configKey(option), plain(options[option.key])],
  );
  return Object.fromEntries(entries) as Record<string, unknown>;
}

/** A value as JSON can hold it and a reader would write it. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof RegExp) return value.source;
  if (typeof value === "object" && value !== null && "uri" in value) return value.uri;
  return value;
}
