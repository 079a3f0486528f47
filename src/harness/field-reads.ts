import { AsyncLocalStorage } from "node:async_hooks";

/** One reading of a field of a reply, with the readings that led to its message. */
export interface FieldRead {
  /** `Message.field`. */
  field: string;
  via?: FieldRead;
}

/** Shorter texts and smaller numbers occur everywhere: that they are the same as a field's value says nothing. */
const DISTINCTIVE_CHARS = 4;
const DISTINCTIVE_NUMBER = 1_000n;

/** More values are not followed: lists of a busy node would make every expectation slow. */
const FOLLOWED_VALUES = 5_000;

/** Of a long text, such as an output, this much is compared. */
const COMPARED_CHARS = 4_096;

/** Set while a condition that a spec waits for is being looked at. */
const conditions = new AsyncLocalStorage<true>();

/**
 * Follows the fields of replies from where a spec reads them to where an expectation looks at them. A field is asserted
 * on when
 * - it is read while an expectation is stated or compares, or in the computation that leads straight to it,
 * - it is read by a condition that the spec waits for, or
 * - its value, where it cannot be mistaken for another's, is part of what an expectation looks at later.
 * What is read only to be handed on to another call, to be noted, or for a message does not count.
 */
export class FieldReads {
  readonly #read = new Set<string>();
  readonly #asserted = new Set<string>();
  /** Readings since the spec last waited for anything, with what was there. */
  readonly #recent = new Map<FieldRead, unknown>();
  readonly #byValue = new Map<string, FieldRead>();
  readonly #byMessage = new WeakMap<object, FieldRead>();
  /** Long texts and bytes, which an expectation may look at in parts. */
  readonly #texts: { text: string; read: FieldRead }[] = [];
  #willForget = false;

  get read(): string[] {
    return [...this.#read].sort();
  }

  get asserted(): string[] {
    return [...this.#asserted].sort();
  }

  /** A field was read. */
  note(read: FieldRead, value: unknown): void {
    this.#read.add(read.field);
    if (conditions.getStore()) {
      this.#assert(read);
      return;
    }
    this.#recent.set(read, value);
    this.#follow(value, read);
    if (this.#willForget) return;
    this.#willForget = true;
    // Runs when the spec awaits or ends.
    queueMicrotask(() => {
      this.#willForget = false;
      this.forget();
    });
  }

  /** The message or list that a field holds: an expectation that there is one is about the field. */
  noteHolder(message: object, read: FieldRead): void {
    this.#byMessage.set(message, read);
  }

  /** An expectation looks at a value. What was read before and is absent is asserted on only where absence is expected. */
  expected(value: unknown): void {
    for (const [read, seen] of this.#recent) if (seen !== undefined || value === undefined) this.#assert(read);
    this.forget();
    this.#recognise(value, { left: FOLLOWED_VALUES });
  }

  /** An expectation has compared: all that it read meanwhile is asserted on. */
  compared(): void {
    for (const read of this.#recent.keys()) this.#assert(read);
    this.forget();
  }

  /** What was read up to now leads to no expectation. */
  forget(): void {
    this.#recent.clear();
  }

  #assert(read: FieldRead): void {
    for (let each: FieldRead | undefined = read; each; each = each.via) this.#asserted.add(each.field);
  }

  #follow(value: unknown, read: FieldRead): void {
    if (this.#byValue.size + this.#texts.length > FOLLOWED_VALUES) return;
    if (value instanceof Uint8Array) {
      this.#followText(
        Buffer.from(value.buffer, value.byteOffset, Math.min(value.byteLength, COMPARED_CHARS)).toString(),
        read,
      );
    } else if (typeof value === "string") {
      this.#followText(value, read);
    } else if (typeof value === "bigint") {
      if (value > DISTINCTIVE_NUMBER) this.#byValue.set(value.toString(), read);
    } else if (isPlain(value)) {
      // A map, for instance of labels.
      for (const inner of Object.values(value)) if (typeof inner === "string") this.#followText(inner, read);
    } else if (Array.isArray(value)) {
      for (const inner of value as unknown[]) if (typeof inner === "string") this.#followText(inner, read);
    }
  }

  #followText(whole: string, read: FieldRead): void {
    const text = whole.slice(0, COMPARED_CHARS).trim();
    if (text.length < DISTINCTIVE_CHARS) return;
    this.#byValue.set(text, read);
    // An id is looked at whole; an output, or JSON in verbose information, often in parts.
    if (text.length > 64 || /\s/.test(text)) this.#texts.push({ text, read });
  }

  #recognise(value: unknown, room: { left: number }): void {
    if (room.left-- <= 0 || value === null || value === undefined) return;
    if (typeof value === "string") return this.#recogniseText(value);
    if (typeof value === "bigint" || typeof value === "number") return this.#recogniseKey(String(value));
    if (typeof value !== "object") return;
    if (value instanceof Uint8Array)
      return this.#recogniseText(Buffer.from(value.subarray(0, COMPARED_CHARS)).toString());
    const holder = this.#byMessage.get(value);
    if (holder) return this.#assert(holder);
    if (value instanceof Map || value instanceof Set || Array.isArray(value)) {
      for (const inner of value as Iterable<unknown>) this.#recognise(inner, room);
    } else if (isPlain(value)) {
      for (const inner of Object.values(value)) this.#recognise(inner, room);
    }
  }

  #recogniseText(whole: string): void {
    const text = whole.slice(0, COMPARED_CHARS).trim();
    if (text.length < DISTINCTIVE_CHARS) return;
    this.#recogniseKey(text);
    for (const { text: read, read: field } of this.#texts) {
      if (read.includes(text) || text.includes(read)) this.#assert(field);
    }
  }

  #recogniseKey(key: string): void {
    const read = this.#byValue.get(key);
    if (read) this.#assert(read);
  }
}

/** Marks what is read by a condition that a spec waits for: time running out fails the spec. */
export function asCondition<T>(condition: () => T): T {
  return conditions.run(true, condition);
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || "$typeName" in value) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
