import junit, { type Builder, type TestCase, type TestSuite } from "junit-report-builder";

import { harmless, harmlessLine } from "../escape.js";

/** One testcase element. Texts may hold anything; they are made harmless here. */
export interface JunitCase {
  name: string;
  className: string;
  durationMs: number;
  /** Undefined for a passed case. */
  result:
    | { kind: "skipped"; message: string }
    | { kind: "failure" | "error" | "flakyFailure"; type: string; message: string; text: string }
    | undefined;
  /** The content of system-out; empty for none. */
  output: string;
  properties: Record<string, string>;
}

/** The package is a CommonJS module whose exports are the builder itself, which its types do not say. */
const builder = junit as unknown as Builder;

/**
 * A JUnit file that Jenkins' strict schema (xunit plugin, junit-10.xsd) takes. The builder alone writes skipped elements
 * without a reason, a `skipped` count on the root and times such as 1e-7, which that schema or its readers refuse.
 */
export class JunitDocument {
  readonly #root: Builder;

  constructor(name: string) {
    this.#root = builder.newBuilder().name(name);
  }

  /** @param startedAt ISO 8601 */
  suite(name: string, startedAt: string, properties: Record<string, string>): JunitSuite {
    const suite = this.#root
      .testSuite()
      .name(name)
      .timestamp(startedAt.replace(/(\.\d+)?Z$/, ""));
    for (const [key, value] of Object.entries(properties)) suite.property(key, harmlessLine(value));
    return new JunitSuite(suite);
  }

  build(): string {
    // The root's start tag is the first one, so no text of a case can be meant.
    const xml = this.#root.build().replace(/(<testsuites\b[^>]*) skipped="\d+"/, "$1");
    return `${xml}\n`;
  }
}

/** One testsuite element. */
export class JunitSuite {
  readonly #suite: TestSuite;
  #durationMs = 0;

  constructor(suite: TestSuite) {
    this.#suite = suite;
  }

  add(item: JunitCase): void {
    this.#durationMs += item.durationMs;
    this.#suite.time(plainSeconds(this.#durationMs));
    const testCase = this.#suite
      .testCase()
      .name(harmlessLine(item.name))
      .className(harmlessLine(item.className))
      .time(plainSeconds(item.durationMs));
    for (const [key, value] of Object.entries(item.properties)) testCase.property(key, harmlessLine(value));
    addResult(testCase, item.result);
    if (item.output !== "") testCase.standardOutput(cdataText(item.output));
  }
}

function addResult(testCase: TestCase, result: JunitCase["result"]): void {
  switch (result?.kind) {
    case undefined:
      return;
    case "failure":
      testCase.failure(harmlessLine(result.message), result.type).stacktrace(cdataText(result.text));
      return;
    case "error":
      testCase.error(harmlessLine(result.message), result.type, cdataText(result.text));
      return;
    case "skipped":
      testCase.getSkippedCount = () => 1;
      addElement(testCase, "skipped", { message: harmlessLine(result.message) });
      return;
    case "flakyFailure":
      addElement(testCase, "flakyFailure", { message: harmlessLine(result.message), type: result.type }, result.text);
  }
}

/** Adds an element that the builder does not offer, after those that it makes. */
function addElement(testCase: TestCase, name: string, attributes: Record<string, string>, text?: string): void {
  const build = testCase.build.bind(testCase);
  testCase.build = (parent) => {
    const element = build(parent);
    const child = element.ele(name, attributes);
    if (text !== undefined) child.cdata(cdataText(text));
    return element;
  };
}

/**
 * Harmless text for a CDATA section. The builder splits a section at the first `]]>` of a text only, so a second one
 * would end it and let the rest be read as elements; here none is left.
 */
function cdataText(text: string): string {
  return harmless(text).replaceAll("]]>", "]]&gt;");
}

/** Seconds with at most three decimals, so that they never get an exponent. */
function plainSeconds(durationMs: number): number {
  return Math.round(durationMs) / 1000;
}
