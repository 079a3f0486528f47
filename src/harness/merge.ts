/**
 * Lays overrides over defaults, field by field at any depth; lists, bytes and messages are replaced as a whole.
 * An override of undefined leaves the default.
 */
export function mergeInit<T extends object>(defaults: T, overrides: object | undefined): T {
  if (!overrides) return defaults;
  const merged: Record<string, unknown> = { ...(defaults as Record<string, unknown>) };
  for (const [key, value] of Object.entries(overrides)) {
    if (value === undefined) continue;
    const base = merged[key];
    merged[key] = isPlain(base) && isPlain(value) ? mergeInit(base, value) : value;
  }
  return merged as T;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.getPrototypeOf(value) === Object.prototype &&
    !("$typeName" in value)
  );
}
