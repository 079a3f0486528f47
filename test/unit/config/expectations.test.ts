import { expect } from "chai";
import { describe, it } from "mocha";

import { UsageError } from "../../../src/config/errors.js";
import { parseExpectations } from "../../../src/config/expectations.js";

const KNOWN = ["SBX-001", "SBX-002", "CTR-001", "CTR-002"];
const parse = (...lines: string[]) => parseExpectations(lines.join("\n"), "known.txt", KNOWN);

describe("known failures", () => {
  it("reads ids and patterns with the reason above", () => {
    const expectations = parse(
      "# our known failures",
      "",
      "# no cgroup v2 here",
      "#   https://example.com/1",
      "SBX-*",
      "",
      "# slow disk",
      "CTR-001",
    );
    expect(expectations("SBX-002")).to.deep.equal({
      pattern: "SBX-*",
      reason: "no cgroup v2 here https://example.com/1",
      where: "known.txt:5",
    });
    expect(expectations("CTR-001")?.reason).to.equal("slow disk");
    expect(expectations("CTR-002")).to.equal(undefined);
  });

  it("lets one reason stand above several lines", () => {
    const expectations = parse("# both hang", "SBX-001", "SBX-002", "# another", "CTR-001");
    expect(["SBX-001", "SBX-002", "CTR-001"].map((id) => expectations(id)?.reason)).to.deep.equal([
      "both hang",
      "both hang",
      "another",
    ]);
  });

  it("reads of what kind a failure is from the first word of its reason", () => {
    const expectations = parse(
      "# defect: wrong state",
      "SBX-001",
      "# unsupported: no such thing",
      "SBX-002",
      "# default: off",
      "CTR-001",
      "# defects of ours",
      "CTR-002",
    );
    expect(KNOWN.map((id) => expectations(id)?.category)).to.deep.equal([
      "defect",
      "unsupported",
      "default",
      undefined,
    ]);
    expect(expectations("SBX-001")?.reason).to.equal("defect: wrong state");
    expect(parse("# race: lost now and then", "SBX-001")("SBX-001")?.category).to.equal("race");
  });

  it("reads lines that end as Windows ends them, and a byte order mark", () => {
    expect(parse("\uFEFF# reason\r", "SBX-001\r")("SBX-001")?.reason).to.equal("reason");
  });

  it("expects nothing when the file is empty", () => {
    expect(parse("")("SBX-001")).to.equal(undefined);
  });

  for (const [what, lines, message] of [
    ["no reason", ["SBX-001"], 'known.txt:1: "SBX-001" has no reason'],
    ["a reason that a blank line cuts off", ["# reason", "", "SBX-001"], 'known.txt:3: "SBX-001" has no reason'],
    ["a link and no reason", ["# https://example.com/1", "SBX-001"], 'known.txt:2: "SBX-001" has no reason'],
    ["a pattern for nothing", ["# reason", "NET-*"], 'known.txt:2: no spec has an id like "NET-*"'],
    ["an unknown id", ["# reason", "SBX-003"], 'known.txt:2: there is no spec "SBX-003"; did you mean "SBX-001"?'],
    ["a malformed id", ["# reason", "SBX-001 # hm"], 'known.txt:2: "SBX-001 # hm" is no id'],
    ["an id listed twice", ["# reason", "SBX-001", "SBX-001"], "known.txt:3: SBX-001 is listed twice"],
    ["an id and a pattern for it", ["# a", "SBX-*", "# b", "SBX-002"], 'at known.txt:2 by "SBX-*"'],
  ] as const) {
    it(`refuses ${what}, with the line`, () => {
      expect(() => parse(...lines)).to.throw(UsageError, message);
    });
  }
});
