import { expect } from "chai";
import { describe, it } from "mocha";
import type { RunResults, Verdict } from "../../../src/report/model.js";
import { compareVerdicts, verdictLines } from "../../../src/report/verdict-comparison.js";

function results(verdicts: Record<string, Verdict>): RunResults {
  const specs = Object.entries(verdicts).map(([id, verdict]) => {
    return { id, title: `title of ${id}`, area: "sandbox", level: "required", verdict, reason: `why ${verdict}` };
  });
  return { specs, counts: {} } as unknown as RunResults;
}

describe("compareVerdicts", () => {
  const comparison = compareVerdicts([
    { name: "old", results: results({ "SBX-002": "passed", "SBX-001": "passed", "SBX-003": "failed" }) },
    { name: "new", results: results({ "SBX-002": "failed", "SBX-001": "passed", "SBX-003": "passed" }) },
  ]);

  it("names the specs that differ and counts the others", () => {
    expect(comparison.same).to.equal(1);
    expect(
      comparison.differing.map(({ id, verdicts }) => [id, ...verdicts.map(({ verdict }) => verdict)]),
    ).to.deep.equal([
      ["SBX-002", "passed", "failed"],
      ["SBX-003", "failed", "passed"],
    ]);
  });

  it("calls worse only what the first target passed", () => {
    expect(comparison.worse).to.deep.equal(["SBX-002"]);
  });

  it("takes a spec that a target never got to for not run", () => {
    const { differing } = compareVerdicts([
      { name: "a", results: results({ "SBX-001": "passed" }) },
      { name: "b", results: results({}) },
    ]);
    expect(differing[0]!.verdicts[1]).to.include({ target: "b", verdict: "notRun" });
  });

  it("shows each difference with its reasons, and says when there is none", () => {
    expect(verdictLines(comparison)).to.include("  new: failed, why failed");
    const alike = { name: "x", results: results({ "SBX-001": "passed" }) };
    expect(verdictLines(compareVerdicts([alike, { ...alike, name: "y" }]))).to.deep.equal([
      "verdicts: the same for all 1 specs on x, y",
    ]);
  });
});
