/**
 * A runtime's verbose info, whose values are JSON documents with fields of the runtime's own. Values that are no JSON
 * are left out.
 */
export function parseInfo(info: Readonly<Record<string, string>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(info).flatMap(([key, value]) => {
      try {
        return [[key, JSON.parse(value) as unknown]];
      } catch {
        return [];
      }
    }),
  );
}

/** The first value under one of the given keys, at any depth of a JSON value. */
export function findInfo(value: unknown, ...keys: string[]): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  for (const key of keys) if (Object.hasOwn(value, key)) return (value as Record<string, unknown>)[key];
  for (const inner of Object.values(value)) {
    const found = findInfo(inner, ...keys);
    if (found !== undefined) return found;
  }
  return undefined;
}
