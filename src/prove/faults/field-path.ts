import { isMessage, type DescField, type DescMessage, type Message } from "@bufbuild/protobuf";

/** Fields from a message down to one of its inner ones. */
export type FieldPath = readonly [DescField, ...DescField[]];

/** A path as the contract names it: `config.linux.resources.cpu_period`. */
export const pathName = (path: FieldPath): string => path.map((field) => field.name).join(".");

/** The last field of a path by its message: `LinuxContainerResources.cpu_period`. */
export const leafName = (path: FieldPath): string => {
  const leaf = path.at(-1) ?? path[0];
  return `${leaf.parent.name}.${leaf.name}`;
};

/**
 * Every way from a message to a field of it, at any depth. Messages made for Windows are left out, and so is what
 * follows a message that is inside of itself.
 * @param isWhole says that a path is taken as a whole: what lies below is not listed
 */
export function fieldPaths(desc: DescMessage, isWhole: (path: FieldPath) => boolean = () => false): FieldPath[] {
  const paths: FieldPath[] = [];
  const walk = (message: DescMessage, before: readonly DescField[]): void => {
    for (const field of message.fields) {
      const path = [...before, field] as unknown as FieldPath;
      if (field.message?.name.startsWith("Windows")) continue;
      paths.push(path);
      const inner = field.fieldKind === "map" ? undefined : field.message;
      const isRepeated = inner && before.some((outer) => outer.parent === inner);
      if (inner && inner !== message && !isRepeated && !isWhole(path)) walk(inner, path);
    }
  };
  walk(desc, []);
  return paths;
}

/** A message as an object with its fields by their local names. */
export type Fields = Record<string, unknown>;

/**
 * Calls back with every message that holds the last field of a path; through a list with those of all items.
 */
export function forEachHolder(message: Message, path: FieldPath, callback: (holder: Fields) => void): void {
  const [field, ...rest] = path;
  const fields = message as unknown as Fields;
  if (rest.length === 0) {
    callback(fields);
    return;
  }
  const value = fields[field.localName];
  for (const inner of Array.isArray(value) ? (value as unknown[]) : [value]) {
    if (isMessage(inner)) forEachHolder(inner, rest as unknown as FieldPath, callback);
  }
}

/** Names of all paths under which a message carries something, below a prefix such as the RPC's name. */
export function setPaths(desc: DescMessage, message: Message, prefix: string, into: Set<string>): void {
  for (const field of desc.fields) {
    const value = (message as unknown as Fields)[field.localName];
    if (isEmpty(value)) continue;
    const name = `${prefix}.${field.name}`;
    into.add(name);
    if (!field.message || field.fieldKind === "map") continue;
    for (const inner of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (isMessage(inner)) setPaths(field.message, inner, name, into);
    }
  }
}

/** Whether a field's value is the one that is not sent. */
export function isEmpty(value: unknown): boolean {
  if (value === undefined || value === "" || value === false || value === 0 || value === 0n) return true;
  if (value instanceof Uint8Array || Array.isArray(value)) return value.length === 0;
  return typeof value === "object" && value !== null && !isMessage(value) && Object.keys(value).length === 0;
}
