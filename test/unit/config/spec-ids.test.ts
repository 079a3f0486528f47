import { expect } from "chai";
import { describe, it } from "mocha";

import { UsageError } from "../../../src/config/errors.js";
import { parseIdPattern } from "../../../src/config/spec-ids.js";

const KNOWN = ["SBX-001", "SBX-002", "STR-010", "CTR-027"];
const matching = (text: string): string[] => KNOWN.filter(parseIdPattern(text, KNOWN).matches);

describe("spec ids", () => {
  it("matches ids and patterns", () => {
    expect(matching("SBX-001")).to.deep.equal(["SBX-001"]);
    expect(matching("SBX-*")).to.deep.equal(["SBX-001", "SBX-002"]);
    expect(matching("S*")).to.deep.equal(["SBX-001", "SBX-002", "STR-010"]);
    expect(matching("???-0?0")).to.deep.equal(["STR-010"]);
    expect(matching("*")).to.deep.equal(KNOWN);
  });

  for (const text of [
    "CTR-27",
    "ctr-027",
    "CTR027",
    "CTR-0270",
    " CTR-027",
    "CTR-027 x",
    "CTR-[0-9]*",
    "",
    "../*",
    "ctr-*",
  ]) {
    it(`refuses ${JSON.stringify(text)} with the rule`, () => {
      expect(() => parseIdPattern(text, KNOWN)).to.throw(
        UsageError,
        `"${text}" is no id: an id is three capital letters`,
      );
    });
  }

  it("names the nearest known id", () => {
    expect(() => parseIdPattern("CTR-27", KNOWN)).to.throw('did you mean "CTR-027"?');
    expect(() => parseIdPattern("str-010", KNOWN)).to.throw('did you mean "STR-010"?');
    expect(() => parseIdPattern("CTR-028", KNOWN)).to.throw('there is no spec "CTR-028"; did you mean "CTR-027"?');
  });

  it("refuses a pattern that matches nothing", () => {
    expect(() => parseIdPattern("NET-*", KNOWN)).to.throw(UsageError, 'no spec has an id like "NET-*"');
  });
});
