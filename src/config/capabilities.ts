import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Node, type Pair, type YAMLMap } from "yaml";
import type { CapabilityDeclaration, DeclaredFeature } from "../report/model.js";
import { UsageError } from "./errors.js";
import { didYouMean } from "./nearest.js";

/** The features that a declaration may name, and those it may not because they are the host's or the run's. */
export interface FeatureNames {
  declarable: readonly string[];
  all: readonly string[];
}

const SHAPE = 'a declaration has a list "has", and "lacks" with the mappings "unsupported" and "default"';

/**
 * Reads a declaration of a runtime's capabilities: YAML with the list `has` of features that the probe must find, and
 * `lacks` with the mappings `unsupported` (there is no such thing) and `default` (switched off by default) from features
 * that it must not find to the reason.
 *
 * @param file name of the file, for messages and for {@link DeclaredFeature}
 * @throws UsageError with the line number when it has another shape, names an unknown feature, one of the host or one
 *   twice, leaves out a reason, or declares nothing
 */
export function parseCapabilities(text: string, file: string, names: FeatureNames): CapabilityDeclaration {
  return new DeclarationReader(text, file, names).read();
}

class DeclarationReader {
  readonly #lines = new LineCounter();
  readonly #features: Record<string, DeclaredFeature> = {};

  constructor(
    private readonly text: string,
    private readonly file: string,
    private readonly names: FeatureNames,
  ) {}

  read(): CapabilityDeclaration {
    const document = parseDocument(this.text, { lineCounter: this.#lines, prettyErrors: false });
    const [error] = document.errors;
    if (error) {
      throw new UsageError(
        `${this.#at(error.pos[0])}: ${error.message.replace(/\.$/, "")}; the declaration must be YAML.`,
      );
    }
    for (const [key, value, where] of this.#entries(document.contents, `${this.file}:1`)) {
      if (key === "has") this.#readHas(value, where);
      else if (key === "lacks") this.#readLacks(value, where);
      else throw new UsageError(`${where}: there is no key "${key}"; ${SHAPE}.`);
    }
    if (Object.keys(this.#features).length === 0) {
      throw new UsageError(`${this.file}: the declaration names no feature; ${SHAPE}.`);
    }
    return { file: this.file, features: this.#features };
  }

  #readHas(value: Node | null, where: string): void {
    if (!isSeq(value))
      throw new UsageError(`${where}: "has" must be a list of features; leave it out if there are none.`);
    for (const item of value.items as Node[]) {
      const at = this.#at(item.range?.[0]);
      this.#declare(isScalar(item) ? String(item.value) : "", { has: true, where: at });
    }
  }

  #readLacks(value: Node | null, where: string): void {
    for (const [why, features, at] of this.#entries(value, where)) {
      if (why === "host") {
        throw new UsageError(`${at}: what the host lacks is no part of a declaration; leave those features out.`);
      }
      if (why !== "unsupported" && why !== "default") {
        throw new UsageError(`${at}: "lacks" has no key "${why}"; it has "unsupported" and "default".`);
      }
      for (const [name, reason, line] of this.#entries(features, at)) {
        const text = isScalar(reason) && typeof reason.value === "string" ? reason.value.trim() : "";
        if (text === "")
          throw new UsageError(`${line}: "${name}" has no reason; say behind the colon why it is missing.`);
        this.#declare(name, { has: false, where: line, why, reason: text });
      }
    }
  }

  #declare(name: string, declared: DeclaredFeature): void {
    const { where } = declared;
    const { declarable, all } = this.names;
    if (!declarable.includes(name)) {
      throw new UsageError(
        all.includes(name)
          ? `${where}: "${name}" depends on the host or on the run's options, not on the runtime; leave it out.`
          : `${where}: there is no feature "${name}"${didYouMean(name, declarable) || `; there are ${declarable.join(", ")}`}`,
      );
    }
    const earlier = this.#features[name];
    if (earlier) throw new UsageError(`${where}: "${name}" is declared twice, first at ${earlier.where}; keep one.`);
    this.#features[name] = declared;
  }

  /** Key, value and place of each entry of a mapping. */
  #entries(node: unknown, where: string): [string, Node | null, string][] {
    if (!isMap(node)) throw new UsageError(`${where}: here must be a mapping; ${SHAPE}.`);
    return (node as YAMLMap<Node, Node | null>).items.map(({ key, value }: Pair<Node, Node | null>) => [
      isScalar(key) ? String(key.value) : "?",
      value,
      this.#at(key.range?.[0]),
    ]);
  }

  #at(offset: number | undefined): string {
    return `${this.file}:${this.#lines.linePos(offset ?? 0).line || 1}`;
  }
}
