import { expect } from "chai";
import { describe, it } from "mocha";

import {
  parseChoice,
  parseHandler,
  parseList,
  parsePositiveDurationMs,
  parseRatePerSecond,
  parseRegex,
  parseShard,
  parseTarget,
  parseText,
  parseWhole,
} from "../../../src/config/parsers.js";

describe("parsers", () => {
  it("read what users write", () => {
    expect(parsePositiveDurationMs("1m30s")).to.equal(90_000);
    expect(["20", "0.5/s", "90/m"].map(parseRatePerSecond)).to.deep.equal([20, 0.5, 1.5]);
    expect(parseShard("2/4")).to.deep.equal({ index: 2, count: 4 });
    expect(parseWhole(1)("12")).to.equal(12);
    expect(parseList(parseText)("a, b,c")).to.deep.equal(["a", "b", "c"]);
    expect(parseChoice(["x", "y"])("y")).to.equal("y");
    expect(parseHandler("kata-qemu_2.x")).to.equal("kata-qemu_2.x");
    expect(parseRegex("^stop").test("STOPS")).to.equal(true);
  });

  it("read targets with and without a handler", () => {
    const { endpoint, ...rest } = parseTarget("old=unix:///run/a.sock#kata");
    expect(endpoint.uri).to.equal("unix:///run/a.sock");
    expect(rest).to.deep.equal({ name: "old", handler: "kata" });
    expect(parseTarget("new=tcp://[::1]:1234")).to.deep.include({ name: "new", handler: "" });
  });

  for (const [what, parse, texts] of [
    ["a duration", parsePositiveDurationMs, ["", "5", "5 parsecs", "0s", "-1s"]],
    ["a rate", parseRatePerSecond, ["", "0", "-1", "5/h", "1e3", "/s", "0/m"]],
    ["a shard", parseShard, ["", "0/4", "5/4", "1/0", "1", "a/b", "1/4/2", "-1/4"]],
    ["a whole number", parseWhole(1), ["", "0", "1.5", "-1", "1e2", "0x10", "99999999999", "two"]],
    ["a list", parseList(parseText), ["", "a,,b", "a,", ","]],
    ["a choice", parseChoice(["hermetic", "public"]), ["", "Public", "publi"]],
    ["a handler", parseHandler, ["", "-x", "a b", "a/b", "x".repeat(64)]],
    ["an expression", parseRegex, ["", "(", "[", "*"]],
    ["a target", parseTarget, ["", "a", "a=", "=unix:///x", "a=relative/path", "a=unix:///x#", "a=unix:///x#b c"]],
  ] as const) {
    it(`refuse what is not ${what}, naming it`, () => {
      for (const text of texts) expect(() => parse(text), JSON.stringify(text)).to.throw(Error, /\S/);
    });
  }

  it("say what was written and what the rule is", () => {
    expect(() => parseShard("5/4")).to.throw(RangeError, '"5/4" is not a shard: give I/N');
    expect(() => parseRegex("(")).to.throw(RangeError, '"(" is not a regular expression');
    expect(() => parseChoice(["hermetic", "public"])("publik")).to.throw(RangeError, 'did you mean "public"?');
  });
});
