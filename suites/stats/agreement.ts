import { isDeepStrictEqual } from "node:util";
import { until } from "../../src/harness/index.js";
import { COLLECTED_MS } from "./samples.js";

/**
 * Waits until statistics told in one place have agreed with what another place told of the same object before and after:
 * the same fields, strings equal, numbers in between. What moves to and fro gets its chances, but agreement by
 * accident, while a figure jumps, is not enough. Rates are compared with nothing: each place has its own time span.
 * @param what the statistics that are judged, for instance `ListContainerStats`
 * @param judged asks for them
 * @param source asks for those they are compared with
 */
export async function untilAgreeing<T extends object>(
  what: string,
  judged: () => Promise<T | undefined>,
  source: () => Promise<T | undefined>,
): Promise<void> {
  const open = new Map<string, Open>();
  let before = await source();
  await until(
    `${what} to agree with what was told before and after`,
    async () => {
      const seen = await judged();
      const after = await source();
      const found = new Map(compared(what, { seen, before, after }));
      before = after;
      for (const path of new Set([...open.keys(), ...found.keys()])) {
        const { rounds } = open.get(path) ?? { rounds: ROUNDS };
        // What is nowhere any more agrees as well.
        const stray = found.get(path);
        open.set(path, { rounds: rounds - (stray === undefined ? 1 : 0), stray });
      }
      return pending(open).length === 0;
    },
    { timeoutMs: COLLECTED_MS, leastTries: LEAST_TRIES, seen: () => pending(open).slice(0, MOST_SHOWN).join("; ") },
  );
}

interface Open {
  /** How many times the figure still has to agree. */
  rounds: number;
  /** What was wrong with it the last time. */
  stray: string | undefined;
}

/** A figure jumps once or twice while a spec looks: a process more, a first collection. */
const ROUNDS = 3;

/** Three calls that agree took 15 tries of 3 s with gVisor on a busy node, and 5 when all went well. */
const LEAST_TRIES = 30;

const MOST_SHOWN = 5;

const pending = (open: ReadonlyMap<string, Open>): string[] =>
  [...open].flatMap(([path, { rounds, stray }]) => (rounds > 0 ? [stray ?? `${path} agrees only at times`] : []));

interface Told {
  seen: unknown;
  before: unknown;
  after: unknown;
}

type Finding = [path: string, stray: string | undefined];

/** All paths of the values, each with what is wrong there, if anything is. */
function compared(path: string, told: Told): Finding[] {
  const { seen, before, after } = told;
  const all = [seen, before, after];
  if (all.every((value) => value === undefined)) return [];
  if (all.includes(undefined)) {
    // A rate needs an earlier sample, which a runtime may have in one place and not in another.
    if (path.endsWith(RATE) && seen !== undefined) return [];
    return [[path, seen === undefined ? `${path} is missing` : `${path} is ${show(seen)}, elsewhere missing`]];
  }
  if (all.every(Array.isArray)) {
    const [items, earlier, later] = all as unknown[][] as [unknown[], unknown[], unknown[]];
    const names = new Set([...items, ...earlier, ...later].map(nameOf));
    const named = (list: readonly unknown[], name: string) => list.find((item) => nameOf(item) === name);
    return [
      ...compared(`${path}.length`, { seen: items.length, before: earlier.length, after: later.length }),
      ...[...names].flatMap((name) =>
        compared(`${path}[${name}]`, {
          seen: named(items, name),
          before: named(earlier, name),
          after: named(later, name),
        }),
      ),
    ];
  }
  if (isRecord(seen) && isRecord(before) && isRecord(after)) {
    if (path.endsWith(RATE)) return [[path, undefined]];
    const keys = new Set([seen, before, after].flatMap((record) => Object.keys(record)));
    return [...keys]
      .filter((key) => !key.startsWith("$"))
      .flatMap((key) => compared(`${path}.${key}`, { seen: seen[key], before: before[key], after: after[key] }))
      .concat([[path, undefined]]);
  }
  return [[path, agrees(told) ? undefined : `${path} is ${show(seen)}, before ${show(before)}, after ${show(after)}`]];
}

const RATE = ".usageNanoCores";

function agrees({ seen, before, after }: Told): boolean {
  if (isNumber(seen) && isNumber(before) && isNumber(after)) {
    return (before <= seen && seen <= after) || (after <= seen && seen <= before);
  }
  return isDeepStrictEqual(seen, before) || isDeepStrictEqual(seen, after);
}

const isNumber = (value: unknown): value is number | bigint => typeof value === "number" || typeof value === "bigint";

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const show = (value: unknown): string =>
  isNumber(value) ? String(value) : isRecord(value) ? "there" : JSON.stringify(value);

/** What tells an entry of a list from the others: a container by its id, a network interface by its name. */
function nameOf(item: unknown): string {
  const { attributes, name } = item as { attributes?: { id: string }; name?: string };
  return attributes?.id ?? name ?? "";
}
