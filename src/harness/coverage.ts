import { isMessage, type DescField, type DescMessage, type Message } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { file_runtime_v1_api } from "../cri/gen/runtime/v1/api_pb.js";
import type { FieldCoverage } from "../report/model.js";
import type { FieldRead, FieldReads } from "./field-reads.js";

const MESSAGES = new Map<string, DescMessage>(file_runtime_v1_api.messages.map((desc) => [desc.typeName, desc]));

/** Collects which fields of the contract one attempt sent, received and asserted on; named `Message.field`. */
export class Coverage {
  readonly #sent = new Set<string>();
  readonly #received = new Set<string>();

  /** @param reads where the readings of {@link watched} replies go */
  constructor(private readonly reads: FieldReads) {}

  /** Notes the fields that a request carries. */
  sent(request: Message): void {
    noteSetFields(request, this.#sent);
  }

  /** Notes the fields that a reply carries. */
  received(response: Message): void {
    noteSetFields(response, this.#received);
  }

  /** The same reply, noting each field that is read from it, at any depth. */
  watched<M extends Message>(response: M): M {
    return watch(response, this.reads) as M;
  }

  result(): FieldCoverage {
    const { read, asserted } = this.reads;
    return { sent: [...this.#sent].sort(), received: [...this.#received].sort(), read, asserted };
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

function watch(value: unknown, reads: FieldReads, via?: FieldRead): unknown {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value))
    return held(
      value.map((item) => watch(item, reads, via)),
      reads,
      via,
    );
  if (!isMessage(value)) return value;
  const desc = MESSAGES.get(value.$typeName);
  if (!desc) return value;
  const inner = new Map<string, unknown>();
  const proxy = new Proxy(value, {
    get(target, key, receiver) {
      const field = typeof key === "string" && Object.hasOwn(desc.field, key) ? desc.field[key] : undefined;
      if (!field) return Reflect.get(target, key, receiver) as unknown;
      const read: FieldRead = { field: nameOf(field), ...(via && { via }) };
      // One wrapper per field, so that a value read twice is the same value.
      if (!inner.has(field.localName)) {
        const plain = Reflect.get(target, key, receiver) as unknown;
        inner.set(field.localName, mayHoldMessages(field) ? watch(plain, reads, read) : plain);
      }
      const seen = inner.get(field.localName);
      reads.note(read, seen);
      return seen;
    },
  });
  return held(proxy, reads, via);
}

function held<T extends object>(value: T, reads: FieldReads, via: FieldRead | undefined): T {
  if (via) reads.noteHolder(value, via);
  return value;
}

function mayHoldMessages(field: DescField): boolean {
  return field.fieldKind === "message" || (field.fieldKind === "list" && field.scalar === undefined);
}
