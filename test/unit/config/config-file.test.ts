import { expect } from "chai";
import { describe, it } from "mocha";

import { parseConfigFile, type ConfigKey } from "../../../src/config/config-file.js";
import { UsageError } from "../../../src/config/errors.js";

const KEYS: ConfigKey[] = [
  { key: "parallel", takes: "value", list: "no" },
  { key: "ids", takes: "value", list: "commas" },
  { key: "focus", takes: "value", list: "texts" },
  { key: "fail-fast", takes: "switch", list: "no" },
  { key: "lab", takes: "optionalValue", list: "no" },
];
const parse = (...lines: string[]) => parseConfigFile(lines.join("\n"), "c.yaml", KEYS);

describe("configuration file", () => {
  it("gives the texts as if they were arguments, with their lines", () => {
    const entries = parse("# comment", "parallel: 4", "ids: [SBX-*, CTR-001]", "focus:", "  - a b", "  - c");
    expect([...entries]).to.deep.equal([
      ["parallel", { texts: ["4"], where: "c.yaml:2" }],
      ["ids", { texts: ["SBX-*,CTR-001"], where: "c.yaml:3" }],
      ["focus", { texts: ["a b", "c"], where: "c.yaml:4" }],
    ]);
  });

  it("reads switches and optional values", () => {
    expect(parse("fail-fast: true", "lab: crun").get("lab")?.texts).to.deep.equal(["crun"]);
    expect(parse("lab: true").get("lab")?.texts).to.deep.equal([""]);
    expect([...parse("fail-fast: false", "lab: false")]).to.deep.equal([]);
  });

  it("is empty for an empty file", () => {
    expect(parse("").size).to.equal(0);
    expect(parse("# nothing").size).to.equal(0);
  });

  for (const [what, lines, message] of [
    [
      "an unknown key",
      ["parallel: 4", "paralel: 4"],
      'c.yaml:2: there is no option "paralel"; did you mean "parallel"?',
    ],
    ["a key with dashes", ["--parallel: 4"], 'c.yaml:1: there is no option "--parallel"; did you mean "parallel"?'],
    ["a key twice", ["parallel: 4", "parallel: 5"], "c.yaml:2: Map keys must be unique"],
    ["broken YAML", ["parallel: [4", "ids: x"], "c.yaml:"],
    ["a list at the top", ["- parallel"], 'c.yaml:1: the file must hold lines like "parallel: 4"'],
    ["a list for one value", ["", "parallel: [1, 2]"], 'c.yaml:2: "parallel" takes one value'],
    ["an empty list", ["ids: []"], 'c.yaml:1: the list of "ids" is empty'],
    ["a missing value", ["parallel:"], 'c.yaml:1: "parallel" needs a value'],
    ["a mapping for a value", ["parallel: {a: 1}"], 'c.yaml:1: "parallel" needs a value'],
    ["an alias", ["parallel: &a 4", "ids: *a"], 'c.yaml:2: "ids" needs a value'],
    ["text for a switch", ["fail-fast: yes please"], 'c.yaml:1: "fail-fast" takes true or false'],
  ] as const) {
    it(`refuses ${what}, with the line`, () => {
      expect(() => parse(...lines)).to.throw(UsageError, message);
    });
  }
});
