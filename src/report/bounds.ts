import { cut, withoutHalves } from "./escape.js";
import type { Attempt, CallEntry, RunEvent, RunResults } from "./model.js";

/** The longest text an event keeps, in UTF-16 units. A person reads a page of it; the rest is noise. */
export const TEXT_LIMIT_CHARS = 16 * 1024;

/** How much the transcript of one attempt keeps of what was sent and received, in UTF-16 units. */
export const TRANSCRIPT_LIMIT_CHARS = 1024 * 1024;

/** How much all transcripts of a run together keep of it in a report. */
const RUN_TRANSCRIPT_LIMIT_CHARS = 64 * TRANSCRIPT_LIMIT_CHARS;

/**
 * Bounds everything in an event that a runtime could make large, so that one reply of 10 MB neither fills the disk nor
 * breaks what reads the reports. Shortened texts say how much was cut; surrogate halves, which no UTF-8 file can hold,
 * become U+FFFD.
 */
export function boundEvent(event: RunEvent): RunEvent {
  return event.type === "specEnded" ? { ...event, attempt: boundAttempt(event.attempt) } : boundTexts(event);
}

/** Bounds results like {@link boundEvent} does events, and the transcripts of all specs together. */
export function boundResults(results: RunResults): RunResults {
  const { specs, ...rest } = results;
  const runRoom = { chars: RUN_TRANSCRIPT_LIMIT_CHARS };
  return {
    ...boundTexts(rest),
    specs: specs.map(({ attempts, ...spec }) => ({
      ...boundTexts(spec),
      attempts: attempts.map((attempt) => {
        const room = { chars: Math.min(TRANSCRIPT_LIMIT_CHARS, runRoom.chars) };
        const before = room.chars;
        const bounded = boundAttempt(attempt, room);
        runRoom.chars -= before - room.chars;
        return bounded;
      }),
    })),
  };
}

function boundAttempt(attempt: Attempt, room: Room = { chars: TRANSCRIPT_LIMIT_CHARS }): Attempt {
  const { calls, ...rest } = attempt;
  return { ...boundTexts(rest), calls: calls.map((call) => boundCall(call, room)) };
}

function boundCall(call: CallEntry, room: Room): CallEntry {
  return {
    ...call,
    ...(call.details !== undefined && { details: boundText(call.details, room) }),
    ...(call.request !== undefined && { request: boundJson(call.request, room) }),
    ...(call.responses !== undefined && { responses: boundJson(call.responses, room) as unknown[] }),
  };
}

/** How much may still be kept. */
interface Room {
  chars: number;
}

/** Shortens every text in a value whose shape must stay as it is, and makes it fit for UTF-8. */
export function boundTexts<T>(value: T): T {
  if (typeof value === "string") return withoutHalves(cut(value, TEXT_LIMIT_CHARS)) as T;
  if (Array.isArray(value)) return value.map((item: unknown) => boundTexts(item)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, boundTexts(item as unknown)])) as T;
}

/** Shortens JSON of any shape: once the room is used up, the rest of each list and object is only counted. */
function boundJson(value: unknown, room: Room): unknown {
  if (typeof value === "string") return boundText(value, room);
  if (typeof value !== "object" || value === null) {
    room.chars -= 8;
    return typeof value === "bigint" ? String(value) : value;
  }
  const entries = Object.entries(value);
  const kept: [string, unknown][] = [];
  for (const [key, item] of entries) {
    if (room.chars <= 0) break;
    room.chars -= key.length;
    kept.push([key, boundJson(item as unknown, room)]);
  }
  const left = entries.length - kept.length;
  if (Array.isArray(value)) return [...kept.map(([, item]) => item), ...(left > 0 ? [`... ${left} more`] : [])];
  return Object.fromEntries(left > 0 ? [...kept, ["...", `${left} more`]] : kept);
}

function boundText(text: string, room: Room): string {
  const limitChars = Math.min(TEXT_LIMIT_CHARS, Math.max(room.chars, 64));
  const kept = withoutHalves(cut(text, limitChars));
  room.chars -= kept.length;
  return kept;
}
