import { expect } from "chai";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { describe, it } from "mocha";

import type { RunResults } from "../../../../src/report/model.js";
import { junitReporter } from "../../../../src/report/reporters/junit.js";
import type { ReportOptions } from "../../../../src/report/reporters/reporter.js";
import { boundResults } from "../../../../src/report/bounds.js";
import { expectGolden } from "../golden.js";
import { attempt, largeRun, nastyRun, resultsOf, resultsOfOne, sampleEvents } from "../sample-run.js";

interface Case {
  name: string;
  classname: string;
  time: string;
  failure?: { message: string; type: string; "#text": string };
  error?: { message: string; type: string; "#text": string };
  skipped?: { message: string };
  flakyFailure?: { message: string; type: string };
  "system-out"?: string;
  properties?: { property: { name: string; value: string }[] };
}

interface Counters {
  tests: string;
  failures: string;
  errors: string;
}

interface Suite extends Counters {
  name: string;
  skipped: string;
  time: string;
  timestamp: string;
  testcase: Case[];
  properties: { property: { name: string; value: string }[] };
}

type Root = Counters & { name: string; testsuite?: Suite[] };

describe("junit.xml", () => {
  it("is as agreed for the sample run", async () => {
    await expectGolden("junit.xml", junitReporter.render(resultsOf(), {}));
  });

  it("marks each standing as the documentation says", () => {
    const cases = casesOf(parse(resultsOf()));
    expect(childrenOf(cases)).to.deep.equal({
      "SBX-001": [],
      "SBX-004": ["failure"],
      "CTR-027": ["failure", "system-out"],
      "CTR-031": ["flakyFailure"],
      "IMG-009": ["skipped"],
      "NET-002": ["skipped"],
      "STR-003": ["error", "system-out"],
      "STR-004": ["error"],
    });
    const byId = new Map(cases.map((one) => [one.name.slice(0, 7), one]));
    expect(byId.get("NET-002")?.skipped?.message).to.equal("the host has no IPv6 address beside loopback");
    expect(byId.get("IMG-009")?.skipped?.message).to.equal(
      "known failure: unsupported: no digest in the list, issue 42",
    );
    expect(byId.get("SBX-004")?.failure).to.include({ type: "unexpectedPass" });
    expect(byId.get("STR-003")?.error).to.include({ type: "broken" });
    expect(byId.get("STR-004")?.error).to.include({ type: "notRun" });
    expect(byId.get("CTR-027")?.failure?.["#text"]).to.contain("expected  exit_code 7\nseen      137 (128 + SIGKILL)");
    expect(byId.get("CTR-027")?.["system-out"]).to.contain("+184ms StopContainer 41ms OK");
  });

  it("can mark what is no failure as one, for readers that know nothing else", () => {
    const cases = casesOf(parse(resultsOf(), { junitErrors: "failure", junitFlaky: "failure" }));
    const failed = cases.filter((one) => one.failure).map((one) => one.name.slice(0, 7));
    expect(failed).to.deep.equal(["SBX-004", "CTR-027", "CTR-031", "STR-003", "STR-004"]);
    expect(cases.filter((one) => one.error ?? one.flakyFailure)).to.deep.equal([]);
  });

  it("has properties for each case only when asked", () => {
    const results = resultsOf();
    expect(casesOf(parse(results)).some((one) => one.properties)).to.equal(false);
    const [first] = casesOf(parse(results, { junitProperties: true }));
    expect(first?.properties?.property).to.deep.include.members([
      { name: "id", value: "SBX-001" },
      { name: "level", value: "required" },
      { name: "clause", value: "RunPodSandbox" },
    ]);
  });

  it("counts what it holds, names every case once, and writes plain decimals", () => {
    for (const results of [
      resultsOf(),
      largeRun(1_000),
      boundResults(nastyRun()),
      resultsOf(sampleEvents().slice(0, 1)),
    ]) {
      for (const options of [{}, { junitErrors: "failure", junitFlaky: "failure" }] as const)
        recount(parse(results, options));
    }
  });

  it("holds nothing that Jenkins' strict schema does not know", () => {
    for (const results of [resultsOf(), largeRun(200), boundResults(nastyRun())]) {
      const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: "@" });
      const document = parser.parse(junitReporter.render(results, {})) as { testsuites: unknown };
      expectStrict("testsuites", document.testsuites);
    }
  });

  it("rounds times that would be written with an exponent", () => {
    const xml = junitReporter.render(resultsOfOne(attempt({ status: "ok" }, 0.0001)), {});
    expect(xml).not.to.match(/time="[^"]*e/);
  });

  it("shows what a runtime says as text, whatever it says", () => {
    const results = boundResults(nastyRun());
    const cases = casesOf(parse(results));
    expect(cases.map(({ name }) => name.slice(0, 6))).to.deep.equal(results.specs.map(({ id }) => id.slice(0, 6)));
    const xmlText = cases.find(({ name }) => name.startsWith("BAD-801"));
    expect(xmlText?.failure?.["#text"]).to.contain(
      "seen      ]]&gt;</failure><testcase name='forged'/><![CDATA[ &amp; <?pi?>",
    );
  });
});

function parse(results: RunResults, options: ReportOptions = {}): Root {
  const xml = junitReporter.render(results, options);
  expect(XMLValidator.validate(xml)).to.equal(true);
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: "",
    parseTagValue: false,
    parseAttributeValue: false,
    trimValues: false,
    isArray: (name) => ["testsuite", "testcase", "property"].includes(name),
  });
  return (parser.parse(xml) as { testsuites: Root }).testsuites;
}

function casesOf(root: Root): Case[] {
  return (root.testsuite ?? []).flatMap((suite) => suite.testcase);
}

function childrenOf(cases: Case[]): Record<string, string[]> {
  const attributes = ["name", "classname", "time", "#text"];
  return Object.fromEntries(
    cases.map((one) => [
      one.name.slice(0, 7),
      Object.keys(one)
        .filter((key) => !attributes.includes(key))
        .sort(),
    ]),
  );
}

/** What Jenkins' strict schema (xunit plugin) lets an element have of what other dialects know; attributes begin with @. */
const STRICT: Record<string, readonly string[]> = {
  testsuites: ["@name", "@time", "@tests", "@failures", "@errors", "@disabled", "testsuite"],
  testsuite: [
    ...["@name", "@tests", "@failures", "@errors", "@skipped", "@time", "@timestamp", "@hostname", "@id", "@package"],
    ...["properties", "testcase", "system-out", "system-err"],
  ],
  properties: ["property"],
  property: ["@name", "@value"],
  testcase: [
    ...["@name", "@time", "@classname", "@group"],
    ...["skipped", "error", "failure", "flakyFailure", "rerunFailure", "system-out", "system-err"],
  ],
  skipped: ["@message", "@type"],
  failure: ["@message", "@type"],
  error: ["@message", "@type"],
  flakyFailure: ["@message", "@type"],
};

function expectStrict(name: string, element: unknown): void {
  if (typeof element !== "object" || element === null) return;
  const allowed = STRICT[name] ?? [];
  for (const [key, value] of Object.entries(element)) {
    if (key === "#text") continue;
    expect(allowed, `${name} in ${JSON.stringify(element).slice(0, 300)}`).to.include(key);
    for (const child of Array.isArray(value) ? (value as unknown[]) : [value]) expectStrict(key, child);
  }
}

function recount(root: Root): void {
  const count = (cases: Case[]) => ({
    tests: String(cases.length),
    failures: String(cases.filter((one) => one.failure).length),
    errors: String(cases.filter((one) => one.error).length),
  });
  const cases = casesOf(root);
  expect(root).to.include(count(cases));
  expect(root).not.to.have.property("skipped");
  for (const suite of root.testsuite ?? []) {
    const skipped = suite.testcase.filter((one) => one.skipped).length;
    expect(suite).to.include({ ...count(suite.testcase), skipped: String(skipped) });
    expect(suite.timestamp).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
    for (const { time } of [suite, ...suite.testcase]) expect(time).to.match(/^\d+(\.\d{1,3})?$/);
  }
  expect(new Set(cases.map((one) => one.name)).size).to.equal(cases.length);
}
