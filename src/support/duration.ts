const NANOSECONDS_PER_UNIT: ReadonlyMap<string, number> = new Map([
  ["ns", 1],
  ["us", 1e3],
  ["µs", 1e3],
  ["ms", 1e6],
  ["s", 1e9],
  ["m", 60e9],
  ["h", 3600e9],
]);

const PART = /(\d+(?:\.\d+)?|\.\d+)(ns|us|µs|ms|s|m|h)/gy;

/**
 * Reads a duration in the notation of Go and Kubernetes: numbers with units, such as `300ms`, `1.5s`, `1m30s`, or a plain `0`.
 *
 * @returns the duration in whole nanoseconds.
 * @throws RangeError when the text is no such duration.
 */
export function parseDurationNs(text: string): number {
  if (text === "0") return 0;
  let totalNs = 0;
  let readTo = 0;
  for (const [part, amount, unit] of text.matchAll(PART)) {
    totalNs += Number(amount) * (NANOSECONDS_PER_UNIT.get(unit ?? "") ?? NaN);
    readTo += part.length;
  }
  if (text === "" || readTo !== text.length) {
    throw new RangeError(
      `"${text}" is not a duration: give numbers with a unit of ns, us, ms, s, m or h, for example 1m30s`,
    );
  }
  return Math.round(totalNs);
}

/**
 * Reads a duration like {@link parseDurationNs}.
 *
 * @returns the duration in milliseconds, which may have a fraction.
 * @throws RangeError when the text is no such duration.
 */
export function parseDurationMs(text: string): number {
  return parseDurationNs(text) / 1e6;
}

/** Writes a duration for people, with about three significant digits: `870ns`, `41.2us`, `1.07ms`, `0.9s`, `2m5s`, `1h3m`. */
export function formatDurationNs(durationNs: number): string {
  if (durationNs < 0) return `-${formatDurationNs(-durationNs)}`;
  if (durationNs < 999.5) return `${trimmed(durationNs)}ns`;
  if (durationNs < 999.5e3) return `${trimmed(durationNs / 1e3)}us`;
  if (durationNs < 999.5e6) return `${trimmed(durationNs / 1e6)}ms`;
  if (durationNs < 59.95e9) return `${trimmed(durationNs / 1e9)}s`;
  const seconds = Math.round(durationNs / 1e9);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m${seconds % 60 === 0 ? "" : `${seconds % 60}s`}`;
  const hours = Math.floor(Math.round(seconds / 60) / 60);
  const leftMinutes = Math.round(seconds / 60) % 60;
  return `${hours}h${leftMinutes === 0 ? "" : `${leftMinutes}m`}`;
}

/** Writes a duration in milliseconds for people; see {@link formatDurationNs}. */
export function formatDurationMs(durationMs: number): string {
  return formatDurationNs(durationMs * 1e6);
}

function trimmed(value: number): string {
  return String(Number(value.toPrecision(3)));
}
