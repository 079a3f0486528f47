import { expect } from "chai";
import { describe, it } from "mocha";
import { compileResults } from "../../../../src/prove/result/compile.js";
import { proveHtml } from "../../../../src/prove/result/html.js";
import { percentOf } from "../../../../src/prove/result/score.js";
import { summaryText } from "../../../../src/prove/result/summary.js";
import { record, result, trial } from "../samples.js";

const results = compileResults({
  suiteVersion: "1",
  startedAt: "2026-01-01T00:00:00Z",
  endpoint: "unix:///x.sock",
  runtime: { name: "fake", version: "<2>" },
  handler: "",
  seed: 4,
  durationMs: 1000,
  baseline: [
    record("CTR-001"),
    record("CTR-002"),
    record("CTR-003", { status: "failed", reason: "it did not" }),
    record("CTR-004", { status: "notApplicable" }),
  ],
  faults: [
    { ...result("wrong:a", "killed", [trial("CTR-001", "killed"), trial("CTR-002", "passed")]), level: "required" },
    result("wrong:b", "survived", [trial("CTR-001", "passed"), trial("CTR-002", "passed")]),
    result("wrong:c", "untouched"),
    result("wrong:d", "absent"),
    { ...result("wrong:e", "equivalent"), reason: "nobody could tell" },
  ],
  chosen: 6,
});

describe("results of critique prove", () => {
  it("count what could be noticed and was", () => {
    expect(results.scores.total).to.deep.equal({ killed: 1, missed: 2, equivalent: 1, absent: 1 });
    expect(percentOf(results.scores.total)).to.be.closeTo(33.3, 0.1);
    expect(results.scores.required).to.include({ killed: 1, missed: 0 });
    expect(percentOf({ killed: 0, missed: 0, equivalent: 1, absent: 1 })).to.equal(undefined);
    expect(results).to.include({ complete: false, notRun: 1 });
  });

  it("credit specs with what they notice, and alone", () => {
    const [first, second] = results.specs;
    expect(first).to.deep.include({ id: "CTR-001", kills: ["wrong:a"], alone: ["wrong:a"], tried: 2 });
    expect(second).to.deep.include({ id: "CTR-002", kills: [], tried: 2 });
    expect(results.specsWithoutKill).to.deep.equal(["CTR-002"]);
    expect(results.notProvable.map(({ id }) => id)).to.deep.equal(["CTR-003", "CTR-004"]);
  });

  it("name in the summary what was not noticed and what is wrong with specs", () => {
    const text = summaryText(results);
    expect(text)
      .to.match(/survived\s+wrong:b/)
      .and.match(/untouched\s+wrong:c/);
    expect(text).to.include("specs that no fault failed: CTR-002");
    expect(text).to.include("did not pass without a fault: CTR-003");
    expect(text).to.not.include("CTR-004");
    expect(text).to.include("1 faults had no turn");
  });

  it("make a page in which nothing of a runtime is markup", () => {
    const page = proveHtml(results);
    expect(page).to.include("&#60;2&#62;").and.not.include("<2>").and.not.include("<state>");
    for (const id of ["wrong:a", "wrong:b", "wrong:c", "wrong:e", "CTR-002"]) expect(page).to.include(id);
  });
});
