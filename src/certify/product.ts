import { isMap, isScalar, LineCounter, parseDocument } from "yaml";
import { UsageError } from "../config/errors.js";
import { didYouMean } from "../config/nearest.js";

/** A fact about the product that a certificate carries. */
interface Fact {
  help: string;
  optional?: true;
  rule?: { pattern: RegExp; words: string };
}

const URL_RULE = { pattern: /^https?:\/\/\S+$/, words: "an address that begins with https:// or http://" };

/** The facts of PRODUCT.yaml, named as conformance repositories name them. */
const FACTS = {
  vendor: { help: "who makes the product" },
  name: { help: "its name" },
  version: { help: "the version that was tested" },
  website_url: { help: "where people read about it", rule: URL_RULE },
  repo_url: { help: "its source, where it is public", optional: true, rule: URL_RULE },
  documentation_url: { help: "how to install and use it", rule: URL_RULE },
  product_logo_url: { help: "its logo, best as SVG", optional: true, rule: URL_RULE },
  type: {
    help: "distribution, hosted, installer or runtime",
    rule: { pattern: /^(distribution|hosted|installer|runtime)$/, words: "distribution, hosted, installer or runtime" },
  },
  description: { help: "what it is, in a sentence" },
  contact_email_address: {
    help: "whom to ask about this certificate",
    rule: { pattern: /^[^@\s]+@[^@\s]+$/, words: "an e-mail address" },
  },
} as const satisfies Record<string, Fact>;

type FactName = keyof typeof FACTS;

/** What PRODUCT.yaml says, all texts. */
export type Product = Partial<Record<FactName, string>> & { vendor: string; name: string; version: string };

/** The names of all facts, in their order. */
const NAMES = Object.keys(FACTS) as FactName[];

/** A PRODUCT.yaml to fill in. */
export function productTemplate(): string {
  const lines = Object.entries<Fact>(FACTS).map(
    ([name, { help, optional }]) =>
      `# ${help}${optional ? " (may be left out)" : ""}\n${optional ? "# " : ""}${name}: ""`,
  );
  return `# Facts about the product, for its certificate.\n\n${lines.join("\n")}\n`;
}

/**
 * Reads PRODUCT.yaml.
 *
 * @param file named in messages
 * @throws UsageError with the line when it is no YAML, or a fact is missing, empty, unknown or not what its name says
 */
export function parseProduct(text: string, file: string): Product {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset = 0): string => `${file}:${lines.linePos(offset).line || 1}`;
  const [error] = document.errors;
  if (error) throw new UsageError(`${at(error.pos[0])}: ${error.message}; the file must be YAML.`);
  if (!isMap(document.contents)) throw new UsageError(`${at()}: the file must hold lines like "vendor: Example Inc."`);
  const facts = new Map<FactName, string>();
  for (const { key, value } of document.contents.items) {
    const where = at(isScalar(key) ? key.range?.[0] : undefined);
    const text = isScalar(key) ? String(key.value) : "?";
    const name = NAMES.find((candidate) => candidate === text);
    if (name === undefined) {
      throw new UsageError(
        `${where}: there is no fact "${text}"${didYouMean(text, NAMES) || `; there are ${NAMES.join(", ")}`}`,
      );
    }
    const { rule, help }: Fact = FACTS[name];
    const said = isScalar(value) && value.value !== null ? String(value.source ?? value.value).trim() : "";
    if (said === "") throw new UsageError(`${where}: "${name}" is empty; write ${help}.`);
    if (rule && !rule.pattern.test(said))
      throw new UsageError(`${where}: "${name}" is "${said}"; it must be ${rule.words}.`);
    facts.set(name, said);
  }
  const missing = NAMES.filter((name) => !facts.has(name) && !("optional" in FACTS[name]));
  if (missing.length > 0) {
    throw new UsageError(`${file} lacks ${missing.join(", ")}; \`critique certify init\` writes a file to fill in.`);
  }
  return Object.fromEntries(facts) as Product;
}

/** The product's name as a folder: lower case letters, digits and dashes. */
export function slugOf({ name }: Product): string {
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  return slug === "" ? "product" : slug;
}
