import { expect } from "chai";
import { describe, it } from "mocha";
import { findHighestRate, parseObjective } from "../../../../src/bench/core/ramp.js";

/** A runtime that keeps up with so many starts per second, and no more. */
const runtimeOf = (capacityPerS: number) => (ratePerS: number) =>
  Promise.resolve({
    ratePerS,
    seenNs: ratePerS,
    errors: 0,
    lateStarts: 0,
    droppedStarts: 0,
    met: ratePerS <= capacityPerS,
  });

describe("findHighestRate", () => {
  for (const capacity of [0.7, 3, 17, 200]) {
    it(`finds ${capacity} starts per second to a tenth`, async () => {
      const { highestRatePerS, open, steps } = await findHighestRate(runtimeOf(capacity));
      expect(highestRatePerS).to.be.within(capacity / 1.1, capacity);
      expect(open).to.equal(false);
      expect(steps.length).to.be.below(16);
    });
  }

  it("says so when no rate was met, and when the highest one was", async () => {
    expect(await findHighestRate(runtimeOf(0)))
      .to.include({ open: false })
      .and.not.to.have.property("highestRatePerS");
    expect(await findHighestRate(runtimeOf(Infinity))).to.include({ open: true, highestRatePerS: 512 });
  });

  it("ends where it is when interrupted", async () => {
    let tries = 0;
    const found = await findHighestRate((rate) => (tries++ < 2 ? runtimeOf(100)(rate) : Promise.resolve(undefined)));
    expect(found).to.include({ highestRatePerS: 1, open: true });
    expect(found.steps).to.have.lengthOf(2);
  });
});

describe("parseObjective", () => {
  it("reads a percentile and its bound", () => {
    expect(parseObjective(" p99.9 < 2s ")).to.deep.equal({ expression: "p99.9 < 2s", q: 99.9 / 100, boundNs: 2e9 });
  });

  for (const wrong of ["", "p99", "p99 > 2s", "mean < 2s", "p99 < fast"]) {
    it(`refuses "${wrong}"`, () => expect(() => parseObjective(wrong)).to.throw(RangeError, wrong || '""'));
  }
});
