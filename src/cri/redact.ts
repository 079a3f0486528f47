import type {
  DescEnum,
  DescField,
  DescMessage,
  JsonObject,
  JsonValue,
  Message,
  MessageShape,
} from "@bufbuild/protobuf";
import { reflect, type ReflectList, type ReflectMap, type ReflectMessage } from "@bufbuild/protobuf/reflect";
import { WireType } from "@bufbuild/protobuf/wire";

import { contractName } from "./contract-elements.js";
import { isSecretField } from "./contract.js";

/** What a redacted message keeps of long values; the rest is counted. */
export interface RedactBounds {
  /** Kept of a string, and of the key of a map, in UTF-16 code units. */
  maxStringLength: number;
  /** Kept of a bytes field, before its encoding. */
  maxBytes: number;
  /** Kept of a list or map. */
  maxItems: number;
}

/** A transcript stays readable, and a node with a thousand pods does not fill the disk. */
export const DEFAULT_REDACT_BOUNDS: RedactBounds = { maxStringLength: 1024, maxBytes: 1024, maxItems: 100 };

const REDACTED = "[redacted]";

/** Fields that name an image or a registry, which may hold `user:password@`. */
export const REFERENCE_FIELDS: ReadonlySet<string> = new Set([
  "AuthConfig.server_address",
  "Container.image_id",
  "Container.image_ref",
  "ContainerStatus.image_id",
  "ContainerStatus.image_ref",
  "Image.id",
  "Image.repo_digests",
  "Image.repo_tags",
  "ImageSpec.image",
  "ImageSpec.image_ref",
  "ImageSpec.user_specified_image",
  "PullImageResponse.image_ref",
]);

/**
 * A message as plain JSON for transcripts and reports, spelled as in the contract and safe to publish:
 * - field names in snake_case, enum values by name (by number when the contract has no name for it);
 * - 64-bit numbers as numbers, or as strings beyond 2^53; bytes in base64;
 * - credentials (AuthConfig) and the userinfo of image references as "[redacted]";
 * - long strings, bytes, lists and maps cut, with a count of what was left out;
 * - fields the contract does not know under "$unknown", by number and size only.
 *
 * A field with its zero value is left out, except an enum's, whose name tells something.
 */
export function redact<Desc extends DescMessage>(
  schema: Desc,
  message: MessageShape<Desc>,
  bounds: Partial<RedactBounds> = {},
): JsonObject {
  return new Redactor({ ...DEFAULT_REDACT_BOUNDS, ...bounds }).message(reflect(schema, message, false));
}

/**
 * An image reference or registry address without its userinfo: `user:pass@host/name` becomes `[redacted]@host/name`.
 * A digest (`name@sha256:...`) is not userinfo, and a path (`/tmp/a@b.tar`) has none.
 */
export function redactReference(reference: string): string {
  if (reference.startsWith("/")) return reference;
  const digestAt = reference.search(/@sha\d[\w.+-]*:[^@/]*$/);
  const name = digestAt < 0 ? reference : reference.slice(0, digestAt);
  // A name has no "@" of its own, so that the last one ends the userinfo, whatever that is made of.
  const userinfoEnd = name.lastIndexOf("@");
  if (userinfoEnd < 0) return reference;
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(name)?.[0] ?? "";
  return `${scheme}${REDACTED}${reference.slice(userinfoEnd)}`;
}

class Redactor {
  constructor(private readonly bounds: RedactBounds) {}

  message(message: ReflectMessage): JsonObject {
    const shown = message.fields.filter((field) => message.isSet(field) || field.fieldKind === "enum");
    const entries = shown.map((field): [string, JsonValue] => [field.name, this.#field(message, field)]);
    const unknown = this.#unknownFields(message.message);
    if (unknown.length > 0) entries.push(["$unknown", unknown]);
    return Object.fromEntries(entries);
  }

  #field(message: ReflectMessage, field: DescField): JsonValue {
    if (isSecretField(contractName(field.parent), field.name)) return REDACTED;
    switch (field.fieldKind) {
      case "list":
        return this.#list(message.get(field), field);
      case "map":
        return this.#map(message.get(field), field);
      default:
        return this.#value(message.get(field), field);
    }
  }

  #list(list: ReflectList, field: DescField): JsonValue[] {
    const kept = [...list].slice(0, this.bounds.maxItems).map((item) => this.#value(item, field));
    const omitted = list.size - kept.length;
    return omitted > 0 ? [...kept, omission(omitted, "items")] : kept;
  }

  #map(map: ReflectMap, field: DescField): JsonObject {
    const kept = [...map.entries()]
      .slice(0, this.bounds.maxItems)
      .map(([key, value]): [string, JsonValue] => [this.#string(String(key)), this.#value(value, field)]);
    const omitted = map.size - kept.length;
    // fromEntries, not assignment: a container may name a label "__proto__".
    return Object.fromEntries(omitted > 0 ? [...kept, ["...", omission(omitted, "entries")]] : kept);
  }

  /** One value of a field: itself, an item of its list, or a value of its map. */
  #value(value: unknown, field: DescField): JsonValue {
    if (field.message) return this.message(value as ReflectMessage);
    if (field.enum) return enumName(field.enum, value as number);
    if (value instanceof Uint8Array) return this.#bytes(value);
    if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
    if (typeof value === "boolean") return value;
    const text = value as string;
    return this.#string(isReference(field) ? redactReference(text) : text);
  }

  #string(text: string): string {
    if (text.length <= this.bounds.maxStringLength) return text;
    // Not between the halves of a surrogate pair, which would not be valid UTF-8 in a file.
    const kept = text.slice(0, this.bounds.maxStringLength).replace(/[\uD800-\uDBFF]$/, "");
    return `${kept}... ${omission(text.length - kept.length, "characters")}`;
  }

  #bytes(bytes: Uint8Array): string {
    const kept = Buffer.from(bytes.subarray(0, this.bounds.maxBytes)).toString("base64");
    const omitted = bytes.length - this.bounds.maxBytes;
    return omitted > 0 ? `${kept}... ${omission(omitted, "bytes")}` : kept;
  }

  #unknownFields({ $unknown = [] }: Message): JsonValue[] {
    const { maxItems } = this.bounds;
    const kept = $unknown.slice(0, maxItems).map(({ no, wireType, data }) => ({
      number: no,
      wire_type: WireType[wireType],
      bytes: data.length,
    }));
    return $unknown.length > maxItems ? [...kept, omission($unknown.length - maxItems, "items")] : kept;
  }
}

function isReference(field: DescField): boolean {
  return REFERENCE_FIELDS.has(`${contractName(field.parent)}.${field.name}`);
}

function enumName(type: DescEnum, number: number): JsonValue {
  return type.value[number]?.name ?? number;
}

function omission(count: number, unit: string): string {
  return `[${count} more ${unit}]`;
}
