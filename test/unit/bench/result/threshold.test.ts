import { expect } from "chai";
import { describe, it } from "mocha";
import { summarizeMetric } from "../../../../src/bench/result/summarize.js";
import { evaluateThreshold, parseThreshold, ThresholdError } from "../../../../src/bench/result/threshold.js";

const metric = (valuesNs: number[], errors = 0) =>
  summarizeMetric({
    scenario: "pod-startup",
    phase: "total",
    run: { valuesNs, startOffsetsNs: valuesNs.map((_, index) => index) },
    warmup: { valuesNs: [], startOffsetsNs: [] },
    errors,
  });
const millisecondsUpTo = (n: number) => Array.from({ length: n }, (_, index) => (index + 1) * 1_000_000);
const evaluate = (expression: string, valuesNs: number[], baselineNs?: number[], errors = 0) =>
  evaluateThreshold(parseThreshold(expression), [metric(valuesNs, errors)], baselineNs && [metric(baselineNs)]);

describe("parseThreshold", () => {
  it("reads metric, statistic, comparison and bound", () => {
    expect(parseThreshold(" pod-startup.total.p99 < 2s ")).to.deep.equal({
      expression: "pod-startup.total.p99 < 2s",
      metric: "pod-startup.total",
      statistic: { kind: "percentile", name: "p99", q: 0.99 },
      comparison: "<",
      bound: { kind: "value", value: 2_000_000_000, unit: "ns" },
    });
  });

  it("needs no blanks, and takes total when no phase is named", () => {
    expect(parseThreshold("pod-startup.p99.9<=1m30s")).to.deep.include({
      metric: "pod-startup.total",
      statistic: { kind: "percentile", name: "p99.9", q: 0.9990000000000001 },
      comparison: "<=",
    });
    expect(parseThreshold("pod-startup.firstLog.max>0").metric).to.equal("pod-startup.firstLog");
  });

  it("reads counts and baselines", () => {
    expect(parseThreshold("pod-startup.errors == 0").bound).to.deep.equal({ kind: "count", value: 0 });
    expect(parseThreshold("a.p50 < baseline").bound).to.deep.equal({ kind: "baseline", factor: 1 });
    expect(parseThreshold("a.p50 < baseline + 10%").bound).to.deep.equal({ kind: "baseline", factor: 1.1 });
    expect(parseThreshold("a.p50 > baseline -25%").bound).to.deep.equal({ kind: "baseline", factor: 0.75 });
  });

  it("reads sizes", () => {
    expect(parseThreshold("density-10.memory.p50 < 1.5MiB").bound).to.deep.equal({
      kind: "value",
      value: 1_572_864,
      unit: "bytes",
    });
    expect(parseThreshold("density-10.memory.max < 100B").bound).to.include({ value: 100 });
  });

  const malformed = {
    "": "METRIC COMPARISON BOUND",
    "pod-startup.total.p99": "METRIC COMPARISON BOUND",
    "pod-startup.total.p99 < ": "METRIC COMPARISON BOUND",
    "pod-startup.total.p99 != 2s": "METRIC COMPARISON BOUND",
    "p99 < 2s": "SCENARIO.PHASE.STATISTIC",
    "pod-startup.total < 2s": "SCENARIO.PHASE.STATISTIC",
    "pod-startup.total.p100 < 2s": "SCENARIO.PHASE.STATISTIC",
    "pod-startup.total.p99 < 2": "duration",
    "pod-startup.total.p99 < 2 s": "duration",
    "pod-startup.total.p99 < baseline + 10": "duration",
    "pod-startup.errors < 1s": "whole number",
  };
  for (const [expression, rule] of Object.entries(malformed)) {
    it(`refuses ${JSON.stringify(expression)} and names the rule`, () => {
      expect(() => parseThreshold(expression))
        .to.throw(ThresholdError, rule)
        .and.to.have.property("message")
        .that.includes(expression);
    });
  }
});

describe("evaluateThreshold", () => {
  it("is met below the bound", () => {
    expect(evaluate("pod-startup.total.p90 < 91ms", millisecondsUpTo(100))).to.include({
      state: "met",
      seen: 90e6,
      bound: 91e6,
    });
  });

  it("is missed at or above the bound, and says metric, bound, seen and interval", () => {
    const result = evaluate("pod-startup.total.p90 < 90ms", millisecondsUpTo(100));
    expect(result.state).to.equal("missed");
    expect(result.message).to.equal(
      "pod-startup.total.p90 is not < 90ms: seen 90ms in 100 samples, 95% interval 84ms to 96ms",
    );
  });

  it("knows all comparisons", () => {
    const states = ["<", "<=", "==", ">=", ">"].map(
      (sign) => evaluate(`pod-startup.max ${sign} 3ms`, millisecondsUpTo(3)).state,
    );
    expect(states).to.deep.equal(["missed", "met", "met", "met", "missed"]);
  });

  it("says when a percentile is no more than the largest value", () => {
    expect(evaluate("pod-startup.p99 < 1s", millisecondsUpTo(5)).message).to.include("p99 needs 100 samples");
  });

  it("compares counts", () => {
    expect(evaluate("pod-startup.errors == 0", millisecondsUpTo(3), undefined, 2)).to.include({
      state: "missed",
      seen: 2,
    });
    expect(evaluate("pod-startup.samples >= 3", millisecondsUpTo(3)).state).to.equal("met");
  });

  it("compares with a baseline and a tolerance", () => {
    const baseline = [10e6, 10e6, 10e6];
    expect(evaluate("pod-startup.p50 < baseline + 10%", [10.5e6], baseline)).to.include({ state: "met", bound: 11e6 });
    expect(evaluate("pod-startup.p50 < baseline + 10%", [11.5e6], baseline).state).to.equal("missed");
  });

  it("does not compare durations with sizes", () => {
    const result = evaluate("pod-startup.p50 < 1MiB", [1]);
    expect(result).to.include({ state: "unknown" });
    expect(result.message).to.include("measured in ns, the bound is in bytes");
  });

  it("is unknown, not met, without a value on either side", () => {
    expect(evaluate("pod-startup.p50 < 1s", [], undefined, 7).message).to.include("all 7 attempts failed");
    expect(evaluate("pod-startup.p50 < baseline", [1])).to.include({ state: "unknown" });
    expect(evaluate("pod-teardown.p50 < 1s", [1]).message).to.include(
      "not measured in this run, which has pod-startup.total",
    );
  });
});
