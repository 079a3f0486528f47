import { isMessage, type DescField, type DescMessage, type Message } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { file_runtime_v1_api } from "../cri/gen/runtime/v1/api_pb.js";
import type { FieldCoverage } from "../report/model.js";

const MESSAGES = new Map<string, DescMessage>(file_runtime_v1_api.messages.map((desc) => [desc.typeName, desc]));

/** Collects which fields of the contract one attempt sent, received and looked at; named `Message.field`. */
export class Coverage {
  readonly #sent = new Set<string>();
  readonly #received = new Set<string>();
  readonly #read = new Set<string>();

  /** Notes the fields that a request carries. */
  sent(request: Message): void {
    noteSetFields(request, this.#sent);
  }

  /** Notes the fields that a reply carries. */
  received(response: Message): void {
    noteSetFields(response, this.#received);
  }

  /**
   * The same reply, noting each field that is read from it, at any depth. What a spec reads of a reply is what its
   * expectations can rest on; a field that nobody reads is asserted on by nobody.
   */
  watched<M extends Message>(response: M): M {
    return watch(response, this.#read) as M;
  }

  result(): FieldCoverage {
    return { sent: [...this.#sent].sort(), received: [...this.#received].sort(), read: [...this.#read].sort() };
  }
}

const nameOf = (field: DescField): string => `${field.parent.name}.${field.name}`;

function noteSetFields(message: Message, into: Set<string>): void {
  const desc = MESSAGES.get(message.$typeName);
  if (!desc) return;
  const reflected = reflect(desc, message);
  for (const field of desc.fields) {
    if (!reflected.isSet(field)) continue;
    into.add(nameOf(field));
    const value = (message as unknown as Record<string, unknown>)[field.localName];
    for (const inner of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (isMessage(inner)) noteSetFields(inner, into);
    }
  }
}

function watch(value: unknown, reads: Set<string>): unknown {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map((item) => watch(item, reads));
  if (!isMessage(value)) return value;
  const desc = MESSAGES.get(value.$typeName);
  if (!desc) return value;
  const wrapped = new Map<string, unknown>();
  return new Proxy(value, {
    get(target, key, receiver) {
      const field = typeof key === "string" ? desc.field[key] : undefined;
      if (!field) return Reflect.get(target, key, receiver) as unknown;
      reads.add(nameOf(field));
      if (!mayHoldMessages(field)) return Reflect.get(target, key, receiver) as unknown;
      // One wrapper per field, so that a value read twice is the same value.
      if (!wrapped.has(field.localName)) wrapped.set(field.localName, watch(Reflect.get(target, key, receiver), reads));
      return wrapped.get(field.localName);
    },
  });
}

function mayHoldMessages(field: DescField): boolean {
  return field.fieldKind === "message" || (field.fieldKind === "list" && field.scalar === undefined);
}
