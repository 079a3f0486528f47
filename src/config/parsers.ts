/**
 * Readers for the values that options and the configuration file take. Each turns the text a user wrote into a typed
 * value, or throws a RangeError that names the text and the rule; who calls adds the option's name and an example.
 */
import { parseEndpoint, type Endpoint } from "../cri/endpoint.js";
import { parseDurationMs } from "../support/duration.js";
import { didYouMean } from "./nearest.js";

/** The part of a sharded run: `index` of `count`, counted from 1. */
export interface Shard {
  index: number;
  count: number;
}

/** One side of a comparison. */
export interface Target {
  name: string;
  endpoint: Endpoint;
  /** Runtime handler; empty means the runtime's default. */
  handler: string;
}

/** Any text but an empty one. */
export function parseText(text: string): string {
  if (text.trim() === "") throw new RangeError("the value is empty");
  return text;
}

/** A path; a leading `~` is left to the shell. */
export const parsePath = parseText;

/** Makes a reader of one word from a closed list. */
export function parseChoice<T extends string>(choices: readonly T[]): (text: string) => T {
  return (text) => {
    const choice = choices.find((candidate) => candidate === text);
    if (choice !== undefined) return choice;
    throw new RangeError(`"${text}" is none of ${choices.join(", ")}${didYouMean(text, choices)}`);
  };
}

/** Makes a reader of a comma-separated list whose items `parseItem` reads. */
export function parseList<T>(parseItem: (text: string) => T): (text: string) => T[] {
  return (text) => {
    const items = text.split(",").map((item) => item.trim());
    if (items.some((item) => item === "")) {
      throw new RangeError(`"${text}" has an empty item: give values separated by single commas`);
    }
    return items.map(parseItem);
  };
}

/** Makes a reader of a whole number that is at least `minimum`. */
export function parseWhole(minimum: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    if (value >= minimum) return value;
    throw new RangeError(`"${text}" is not a whole number of at least ${minimum}`);
  };
}

/** A duration of more than nothing, in milliseconds. */
export function parsePositiveDurationMs(text: string): number {
  const durationMs = parseDurationMs(text);
  if (durationMs <= 0) throw new RangeError(`"${text}" is no time at all: give a duration above 0`);
  return durationMs;
}

/** A rate such as `20/s` or `90/m`, in events per second; a plain number means per second. */
export function parseRatePerSecond(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(?:\/(s|m))?$/.exec(text) ?? [];
  const ratePerSecond = Number(amount ?? NaN) / (unit === "m" ? 60 : 1);
  if (ratePerSecond > 0) return ratePerSecond;
  throw new RangeError(`"${text}" is not a rate: give a number above 0 with /s or /m`);
}

/** A shard as `I/N`, with I from 1 to N. */
export function parseShard(text: string): Shard {
  const [, indexText, countText] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? [];
  const index = Number(indexText ?? NaN);
  const count = Number(countText ?? NaN);
  if (index >= 1 && index <= count) return { index, count };
  throw new RangeError(`"${text}" is not a shard: give I/N, where I counts from 1 to N`);
}

/** A regular expression as JavaScript writes it, without slashes; upper and lower case are the same. */
export function parseRegex(text: string): RegExp {
  parseText(text);
  try {
    return new RegExp(text, "i");
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^Invalid regular expression: /, "") : "";
    throw new RangeError(`"${text}" is not a regular expression (${why})`);
  }
}

/** The name of a runtime handler, as RuntimeClass.handler and the runtime's configuration have it. */
export function parseHandler(text: string): string {
  if (/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62})$/.test(text)) return text;
  throw new RangeError(
    `"${text}" is not the name of a handler: letters, digits, dots, dashes and underscores, at most 63`,
  );
}

/** A comparison's side as `NAME=ENDPOINT[#HANDLER]`. */
export function parseTarget(text: string): Target {
  const [, name, address, handler] = /^([A-Za-z0-9._-]+)=([^#]+)(?:#(.*))?$/.exec(text) ?? [];
  if (name === undefined || address === undefined) {
    throw new RangeError(`"${text}" is not a target: give NAME=ENDPOINT or NAME=ENDPOINT#HANDLER`);
  }
  return { name, endpoint: parseEndpoint(address), handler: handler === undefined ? "" : parseHandler(handler) };
}
