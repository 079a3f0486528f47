import { expect } from "chai";
import fc from "fast-check";
import { describe, it } from "mocha";

import { formatDurationMs, formatDurationNs, parseDurationMs, parseDurationNs } from "../../../src/support/duration.js";

describe("duration", () => {
  it("reads the notation of Go", () => {
    expect(parseDurationNs("0")).to.equal(0);
    expect(parseDurationNs("0s")).to.equal(0);
    expect(parseDurationNs("15us")).to.equal(15_000);
    expect(parseDurationMs("1.5ms")).to.equal(1.5);
    expect(parseDurationMs("1m30s")).to.equal(90_000);
    expect(parseDurationMs("1h")).to.equal(3_600_000);
  });

  for (const text of ["", "5", "s", "-1s", "1s ", "1 s", "1d", "1s2", "1..5s", "1e3s"]) {
    it(`refuses ${JSON.stringify(text)} with the value, the rule and an example`, () => {
      expect(() => parseDurationNs(text)).to.throw(RangeError, `"${text}" is not a duration`);
    });
  }

  it("writes durations for people", () => {
    expect([0, 870, 41_200, 1_068_000, 900e6, 12.34e9, 60e9, 125e9, 3780e9, -5e6].map(formatDurationNs)).to.deep.equal([
      "0ns",
      "870ns",
      "41.2us",
      "1.07ms",
      "900ms",
      "12.3s",
      "1m",
      "2m5s",
      "1h3m",
      "-5ms",
    ]);
    expect(formatDurationMs(1500)).to.equal("1.5s");
  });

  it("writes what it can read back, within one percent", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 86_400_000_000_000 }), (durationNs) => {
        expect(parseDurationNs(formatDurationNs(durationNs))).to.be.closeTo(durationNs, durationNs * 0.01);
      }),
    );
  });
});
