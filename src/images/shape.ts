/** Something in a declaration is missing, unknown or of the wrong kind. */
export class DeclarationError extends Error {
  override readonly name = "DeclarationError";
}

/** Reads the members of a YAML mapping one by one, and insists in the end that there were no others. */
export class Shape {
  readonly #members: ReadonlyMap<string, unknown>;
  readonly #read = new Set<string>();

  /** @param where the place for messages, such as `images.yaml: busybox`. */
  constructor(
    value: unknown,
    readonly where: string,
  ) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new DeclarationError(`${where} must be a mapping of names to values.`);
    }
    this.#members = new Map(Object.entries(value));
  }

  get keys(): string[] {
    return [...this.#members.keys()];
  }

  has(key: string): boolean {
    return this.#members.has(key);
  }

  /** Any value, or undefined when the key is absent. */
  value(key: string): unknown {
    this.#read.add(key);
    return this.#members.get(key);
  }

  text(key: string): string {
    const value = this.value(key);
    if (typeof value !== "string") throw this.#wrong(key, "text");
    return value;
  }

  integer(key: string): number {
    const value = this.value(key);
    if (!Number.isSafeInteger(value) || (value as number) < 0)
      throw this.#wrong(key, "a whole number that is not negative");
    return value as number;
  }

  flag(key: string): boolean {
    const value = this.value(key);
    if (typeof value !== "boolean") throw this.#wrong(key, "true or false");
    return value;
  }

  oneOf<T extends string>(key: string, allowed: readonly T[]): T {
    const value = this.value(key);
    const found = allowed.find((candidate) => candidate === value);
    if (found === undefined) throw this.#wrong(key, `one of ${allowed.join(", ")}`);
    return found;
  }

  list(key: string): unknown[] {
    const value = this.value(key);
    if (!Array.isArray(value)) throw this.#wrong(key, "a list");
    return value;
  }

  texts(key: string): string[] {
    return this.list(key).map((item) => {
      if (typeof item !== "string") throw this.#wrong(key, "a list of texts");
      return item;
    });
  }

  /** A mapping of names to texts. */
  textsByName(key: string): Record<string, string> {
    const inner = new Shape(this.value(key), `${this.where}: ${key}`);
    return Object.fromEntries(inner.keys.map((name) => [name, inner.text(name)]));
  }

  /** What `read` gives for a key that is present, else the fallback. */
  optional<T>(key: string, read: (key: string) => T, fallback: T): T {
    return this.has(key) ? read(key) : fallback;
  }

  /** @throws DeclarationError when a key was never read. */
  finish(): void {
    const unknown = this.keys.filter((key) => !this.#read.has(key));
    if (unknown.length > 0)
      throw new DeclarationError(`${this.where}: "${unknown.join('", "')}" means nothing here; remove it.`);
  }

  #wrong(key: string, kind: string): DeclarationError {
    const value = JSON.stringify(this.#members.get(key)) ?? "missing";
    return new DeclarationError(`${this.where}: "${key}" must be ${kind}, and is ${value}.`);
  }
}
