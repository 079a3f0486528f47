import { isDeepStrictEqual } from "node:util";
import { until } from "../../src/harness/index.js";

/**
 * Waits until statistics told in one place have each had the figures that another place told of the same object, before
 * and after: strings and maps equal, numbers in between. What moves to and fro gets its chances; what is only known
 * later is not asked for.
 * @param what the statistics that are judged, for instance `ListContainerStats`
 * @param judged asks for them
 * @param source asks for those they are compared with
 */
export async function untilAgreeing<T extends object>(
  what: string,
  judged: () => Promise<T | undefined>,
  source: () => Promise<T | undefined>,
): Promise<void> {
  let open: Map<string, string> | undefined;
  let before = await source();
  await until(
    `${what} to agree with what was told before and after`,
    async () => {
      const seen = await judged();
      const after = await source();
      const found = new Map(strays(what, seen, before, after));
      before = after;
      open = open ? new Map([...open].filter(([path]) => found.has(path))) : found;
      return open.size === 0;
    },
    { seen: () => [...(open?.values() ?? [])].slice(0, MOST_SHOWN).join("; ") },
  );
}

const MOST_SHOWN = 5;

/** Paths at which a value is not between two others of its kind, each with what is wrong. */
function strays(path: string, seen: unknown, before: unknown, after: unknown): [path: string, why: string][] {
  if (before === undefined || after === undefined) return [];
  if (seen === undefined) return [[path, `${path} is missing`]];
  if (isNumber(seen) && isNumber(before) && isNumber(after)) {
    return (before <= seen && seen <= after) || (after <= seen && seen <= before)
      ? []
      : [[path, `${path} is ${seen}, before ${before}, after ${after}`]];
  }
  if (Array.isArray(seen) && Array.isArray(before) && Array.isArray(after)) {
    return [
      ...strays(`${path}.length`, seen.length, before.length, after.length),
      ...before.flatMap((item: unknown) => {
        const same = (other: unknown) => nameOf(other) === nameOf(item);
        return strays(`${path}[${nameOf(item)}]`, seen.find(same), item, after.find(same));
      }),
    ];
  }
  if (isMessage(seen) && isMessage(before) && isMessage(after)) {
    return Object.keys(before)
      .filter((key) => !key.startsWith("$"))
      .flatMap((key) => strays(`${path}.${key}`, seen[key], before[key], after[key]));
  }
  return isDeepStrictEqual(seen, before) || isDeepStrictEqual(seen, after) ? [] : [[path, `${path} differs`]];
}

const isNumber = (value: unknown): value is number | bigint => typeof value === "number" || typeof value === "bigint";

const isMessage = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && "$typeName" in value;

/** What tells an entry of a list from the others: a container by its id, a network interface by its name. */
function nameOf(item: unknown): string {
  const { attributes, name } = item as { attributes?: { id: string }; name?: string };
  return attributes?.id ?? name ?? "";
}
