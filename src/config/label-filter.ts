import type { Level, SpecInfo } from "../report/model.js";
import { UsageError } from "./errors.js";
import { didYouMean } from "./nearest.js";

/** Levels are labels even where no spec has them. */
const LEVELS: readonly string[] = ["required", "recommended", "optional"] satisfies Level[];

type Predicate = (labels: ReadonlySet<string>) => boolean;

/** The grammar, in the words of the help. */
export const LABEL_FILTER_RULE =
  "labels (tag:, area:, level:, feature: or rpc: and a name, or the bare name) joined with &&, ||, ! and parentheses";

const TOKEN = /\s*(&&|\|\||!|\(|\)|[A-Za-z0-9][A-Za-z0-9_.:/-]*)/gy;

/**
 * Reads a label expression such as `required && !slow` or `area:sandbox || rpc:StopContainer`. A bare name matches a
 * tag, an area, a level, a needed feature or an RPC; upper and lower case are the same. `!` binds closest, then `&&`.
 *
 * @param specs all there are: a label that none of them carries is an error, because a misspelt `!slwo` would drop nothing
 * @throws UsageError with the position, counted from 1
 */
export function parseLabelFilter(text: string, specs: readonly SpecInfo[]): (spec: SpecInfo) => boolean {
  const known = new Map(
    LEVELS.flatMap((level) => [[level, level] as const, [`level:${level}`, `level:${level}`] as const]),
  );
  for (const spec of specs) for (const label of labelsOf(spec)) known.set(label.toLowerCase(), label);
  const predicate = new LabelFilterParser(text, known).parse();
  return (spec) => predicate(new Set(labelsOf(spec).map((label) => label.toLowerCase())));
}

/** Every label of a spec, each with its kind and bare. */
export function labelsOf(spec: SpecInfo): string[] {
  const labels = {
    tag: spec.tags,
    area: [spec.area],
    level: [spec.level],
    feature: spec.needs,
    rpc: spec.rpcs,
  };
  return Object.entries(labels).flatMap(([kind, names]) => names.flatMap((name) => [name, `${kind}:${name}`]));
}

class LabelFilterParser {
  readonly #tokens: { text: string; position: number }[] = [];
  #next = 0;

  constructor(
    private readonly text: string,
    private readonly known: ReadonlyMap<string, string>,
  ) {
    let readTo = 0;
    for (const match of text.matchAll(TOKEN)) {
      readTo = match.index + match[0].length;
      const token = match[1] ?? "";
      this.#tokens.push({ text: token, position: readTo - token.length + 1 });
    }
    const rest = text.slice(readTo).trimStart();
    if (rest !== "")
      throw this.#error(text.length - rest.length + 1, `"${rest[0]}" has no meaning here; write ${LABEL_FILTER_RULE}`);
  }

  parse(): Predicate {
    const predicate = this.#either();
    const left = this.#peek();
    if (left) throw this.#error(left.position, `"${left.text}" does not follow; join labels with && or ||`);
    return predicate;
  }

  #either(): Predicate {
    const sides = [this.#both()];
    while (this.#take("||")) sides.push(this.#both());
    return (labels) => sides.some((side) => side(labels));
  }

  #both(): Predicate {
    const sides = [this.#negation()];
    while (this.#take("&&")) sides.push(this.#negation());
    return (labels) => sides.every((side) => side(labels));
  }

  #negation(): Predicate {
    if (this.#take("!")) {
      const inner = this.#negation();
      return (labels) => !inner(labels);
    }
    if (this.#take("(")) {
      const inner = this.#either();
      if (!this.#take(")")) throw this.#error(this.#position(), `")" is missing`);
      return inner;
    }
    return this.#label();
  }

  #label(): Predicate {
    const token = this.#peek();
    if (!token || !/^[A-Za-z0-9]/.test(token.text)) {
      const where = token ? ` before "${token.text}"` : "";
      throw this.#error(this.#position(), `a label is missing${where}; write ${LABEL_FILTER_RULE}`);
    }
    this.#next++;
    const label = token.text.toLowerCase();
    if (!this.known.has(label)) {
      throw this.#error(
        token.position,
        `no spec has the label "${token.text}"${didYouMean(label, this.known.values())}`,
      );
    }
    return (labels) => labels.has(label);
  }

  #peek(): { text: string; position: number } | undefined {
    return this.#tokens[this.#next];
  }

  #take(text: string): boolean {
    if (this.#peek()?.text !== text) return false;
    this.#next++;
    return true;
  }

  #position(): number {
    return this.#peek()?.position ?? this.text.length + 1;
  }

  #error(position: number, what: string): UsageError {
    return new UsageError(`"${this.text}", position ${position}: ${what}`);
  }
}
