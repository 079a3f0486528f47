import { expect } from "chai";
import { describe, it } from "mocha";
import type { BenchResult } from "../../../../src/bench/index.js";
import { outcomeOf } from "../../../../src/bench/result/outcome.js";

const outcome = (result: object) =>
  outcomeOf({ state: "completed", scenarios: [], thresholds: [], warnings: [], ...result } as unknown as BenchResult);
const failed = (code?: string) => ({ end: { state: "failed", reason: "?" }, errors: [{ code }] });

describe("outcomeOf", () => {
  it("is as expected when all scenarios completed and all thresholds were met", () => {
    const scenarios = [{ end: { state: "completed" }, errors: [{ code: "Unavailable" }] }];
    expect(outcome({ scenarios, thresholds: [{ state: "met" }] })).to.equal("asExpected");
  });

  it("takes a threshold without a value for missed", () => {
    expect(outcome({ thresholds: [{ state: "met" }, { state: "unknown" }] })).to.equal("thresholdMissed");
    expect(outcome({ thresholds: [{ state: "missed" }] })).to.equal("thresholdMissed");
  });

  it("tells a runtime that answers wrongly from one that is gone", () => {
    expect(outcome({ scenarios: [failed("NotFound")] })).to.equal("runtimeFailed");
    expect(outcome({ scenarios: [failed("Unavailable")] })).to.equal("environmentFailed");
    expect(outcome({ warnings: [{ kind: "leftovers" }] })).to.equal("environmentFailed");
  });

  it("says interrupted before anything else", () => {
    expect(outcome({ state: "interrupted", scenarios: [failed()] })).to.equal("interrupted");
  });
});
