/** What a TOML document can hold here. */
export type TomlValue = string | number | boolean | readonly string[];

export interface TomlTable {
  readonly [key: string]: TomlValue | TomlTable | undefined;
}

/** Writes a TOML document (v1.0); entries that are undefined are left out. */
export function formatToml(root: TomlTable): string {
  return [...tableLines(root, [])].map((line) => `${line}\n`).join("");
}

function* tableLines(table: TomlTable, path: readonly string[]): Generator<string> {
  const entries = Object.entries(table).filter((entry): entry is [string, TomlValue | TomlTable] => {
    return entry[1] !== undefined;
  });
  const values = entries.filter(([, value]) => !isTable(value));
  if (path.length > 0 && (values.length > 0 || entries.length === 0)) yield `[${path.map(formatKey).join(".")}]`;
  // A JSON string, number, boolean or array of strings reads the same in TOML.
  for (const [key, value] of values) yield `${formatKey(key)} = ${JSON.stringify(value)}`;
  for (const [key, value] of entries) if (isTable(value)) yield* tableLines(value, [...path, key]);
}

function isTable(value: TomlValue | TomlTable): value is TomlTable {
  return typeof value === "object" && !Array.isArray(value);
}

function formatKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(key);
}

/**
 * Reads the entries of one table of a TOML document whose values are plain strings, numbers or booleans on one line, which is
 * all that a runsc.toml has.
 */
export function readTomlTable(text: string, name: string): Map<string, string> {
  const found = new Map<string, string>();
  let inTable = false;
  for (const line of text.split("\n")) {
    const header = /^\s*\[\s*([^\]]*?)\s*\]/.exec(line);
    if (header) inTable = header[1] === name;
    const entry = /^\s*"?([\w.-]+)"?\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s#]+))/.exec(line);
    if (inTable && entry?.[1] !== undefined) found.set(entry[1], entry[2] ?? entry[3] ?? entry[4] ?? "");
  }
  return found;
}
