import { isMessage, ScalarType, type DescField, type DescMessage, type Message } from "@bufbuild/protobuf";
import { isDeepStrictEqual } from "node:util";
import { file_runtime_v1_api } from "../cri/gen/runtime/v1/api_pb.js";
import type { Mismatch } from "../report/model.js";
import { show } from "./show.js";

const MESSAGES = new Map<string, DescMessage>(file_runtime_v1_api.messages.map((desc) => [desc.typeName, desc]));

/**
 * Compares the named fields of a value with what is expected of them, at any depth; lists and maps of scalars must
 * be equal as a whole. Of a message that is expected every field counts, also one that is not set. Fields are named as
 * the contract names them.
 */
export function fieldMismatches(subject: string, seen: unknown, expected: object): Mismatch[] {
  if (typeof seen !== "object" || seen === null) {
    return [{ subject, expected: "to be present", seen: show(seen) }];
  }
  const desc = isMessage(seen) ? MESSAGES.get(seen.$typeName) : undefined;
  return fieldsOf(expected).flatMap(([key, wanted]) => {
    const field = desc?.field[key];
    const path = `${subject}.${field?.name ?? key}`;
    const value = (seen as Record<string, unknown>)[key];
    if (isPlainObject(wanted) && isMessageField(field, value)) return fieldMismatches(path, value, wanted);
    if (sameValue(value, wanted)) return [];
    return [{ subject: path, expected: showField(wanted, field), seen: showField(value, field) }];
  });
}

function fieldsOf(expected: object): [key: string, wanted: unknown][] {
  const desc = isMessage(expected) ? MESSAGES.get(expected.$typeName) : undefined;
  const fields = expected as Record<string, unknown>;
  return desc?.fields.map(({ localName }) => [localName, fields[localName]]) ?? Object.entries(expected);
}

function isMessageField(field: DescField | undefined, value: unknown): boolean {
  if (field) return field.fieldKind === "message";
  return isPlainObject(value);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/** Equality of scalars, lists and maps; a number equals the bigint of the same value, as specs write plain numbers. */
function sameValue(seen: unknown, wanted: unknown): boolean {
  if (typeof seen === "bigint" && typeof wanted === "number") return seen === BigInt(wanted);
  return isDeepStrictEqual(plain(seen), plain(wanted));
}

/** Messages compare by their fields, not by their prototype and type tag. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!isPlainObject(value)) return value;
  const entries = Object.entries(value as Partial<Message>).filter(([key]) => !key.startsWith("$"));
  return Object.fromEntries(entries.map(([key, inner]) => [key, plain(inner)]));
}

/** Enum values by name, exit codes above 128 with their signal, everything else as `show` does. */
function showField(value: unknown, field: DescField | undefined): string {
  if (field?.fieldKind === "enum" && typeof value === "number") {
    return field.enum.value[value]?.name ?? `${value} (no value of ${field.enum.name})`;
  }
  if (field?.name === "exit_code" && typeof value === "number" && value > 128 && value < 160) {
    return `${value} (128 + signal ${value - 128})`;
  }
  if (field?.scalar === ScalarType.INT64 && typeof value === "number") return value.toString();
  return show(value);
}
