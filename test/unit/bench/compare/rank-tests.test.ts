import { expect } from "chai";
import fc from "fast-check";
import { describe, it } from "mocha";
import { twoSidedNormalP } from "../../../../src/bench/compare/normal.js";
import { holmAdjusted, kolmogorovSmirnov, mannWhitney, signedRankP } from "../../../../src/bench/compare/rank-tests.js";

describe("twoSidedNormalP", () => {
  it("agrees with the tables, and on both sides of where the method changes", () => {
    const table: [number, number][] = [
      [0, 1],
      [1, 0.31731050786],
      [1.959963984540054, 0.05],
      [2.4999999, 0.012419334],
      [2.5000001, 0.012419327],
      [2.5758293035489, 0.01],
      [5, 5.7330314e-7],
    ];
    for (const [z, p] of table) expect(twoSidedNormalP(z)).to.be.closeTo(p, p * 1e-6);
    expect(twoSidedNormalP(-1)).to.equal(twoSidedNormalP(1));
    expect(twoSidedNormalP(40)).to.equal(0);
  });
});

describe("mannWhitney", () => {
  it("gives what the formula gives by hand", () => {
    // U of b is 17 of 20; mean 10, variance 20 x 10 / 12, so z = (17 - 10 - 0.5) / 4.0825 = 1.5922.
    const { pValue, cliffsDelta } = mannWhitney([1.1, 2.2, 3.3, 4.4], [2.5, 3.5, 4.5, 5.5, 6.5]);
    expect(pValue).to.be.closeTo(0.1113, 0.0001);
    expect(cliffsDelta).to.be.closeTo(0.7, 1e-12);
  });

  it("corrects for ties", () => {
    // U of b is 2 + 2 + 3.5 + 4 = 11.5 of 16; the value 2 occurs four times, 3 twice: 60 + 6 for the ties.
    const { pValue, cliffsDelta } = mannWhitney([1, 2, 2, 3], [2, 2, 3, 4]);
    expect(cliffsDelta).to.be.closeTo((2 * 11.5) / 16 - 1, 1e-12);
    const z = (11.5 - 8 - 0.5) / Math.sqrt((16 / 12) * (9 - 66 / 56));
    expect(pValue).to.be.closeTo(twoSidedNormalP(z), 1e-12);
  });

  it("finds nothing in equal values, and everything in values apart", () => {
    expect(mannWhitney([5, 5, 5], [5, 5, 5])).to.deep.equal({ pValue: 1, cliffsDelta: 0 });
    const low = Array.from({ length: 30 }, (_, index) => index);
    const high = low.map((value) => value + 100);
    expect(mannWhitney(low, high).cliffsDelta).to.equal(1);
    expect(mannWhitney(high, low).cliffsDelta).to.equal(-1);
    expect(mannWhitney(low, high).pValue).to.be.below(1e-9);
  });

  it("sees the same from the other side", () => {
    const sample = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const there = mannWhitney(a, b);
        const back = mannWhitney(b, a);
        expect(back.pValue).to.be.closeTo(there.pValue, 1e-12);
        expect(back.cliffsDelta).to.be.closeTo(-there.cliffsDelta, 1e-12);
        const pairs = a.flatMap((x) => b.map((y) => Math.sign(y - x)));
        expect(there.cliffsDelta).to.be.closeTo(pairs.reduce((sum, sign) => sum + sign, 0) / pairs.length, 1e-12);
      }),
    );
  });
});

describe("signedRankP", () => {
  it("gives what the formula gives by hand", () => {
    // Ranks 1 to 6, of which 1 and 3 are negative: W+ = 17, mean 10.5, variance 91 / 4, half a rank for continuity.
    expect(signedRankP([-1, 2, -3, 4, 5, 6])).to.be.closeTo(twoSidedNormalP(6 / Math.sqrt(91 / 4)), 1e-12);
    // 1 and -1 share rank 1.5, and 0 is left out: W+ = 1.5 + 3 + 4, squares 2 x 2.25 + 9 + 16.
    expect(signedRankP([1, -1, 0, 2, 3])).to.be.closeTo(twoSidedNormalP((8.5 - 5 - 0.5) / Math.sqrt(29.5 / 4)), 1e-12);
  });

  it("finds nothing where there is nothing, whatever the scale", () => {
    expect(signedRankP([])).to.equal(1);
    expect(signedRankP([0, 0])).to.equal(1);
    expect(signedRankP([1, -1, 2, -2, 3, -3])).to.equal(1);
    expect(signedRankP([1e9, 2e9, -3e9])).to.equal(signedRankP([1, 2, -3]));
  });
});

describe("kolmogorovSmirnov", () => {
  it("finds the largest distance of the distribution functions", () => {
    expect(kolmogorovSmirnov([1, 2, 3, 4], [3, 4, 5, 6]).distance).to.equal(0.5);
    expect(kolmogorovSmirnov([1, 1, 1], [1, 1, 1])).to.deep.equal({ distance: 0, pValue: 1 });
    expect(kolmogorovSmirnov([1, 2], [10, 20]).distance).to.equal(1);
  });

  it("sees a difference in spread that the rank test does not", () => {
    const narrow = Array.from({ length: 200 }, (_, index) => 1000 + (index - 100));
    const wide = Array.from({ length: 200 }, (_, index) => 1000 + 5 * (index - 100));
    expect(kolmogorovSmirnov(narrow, wide).pValue).to.be.below(1e-6);
    expect(mannWhitney(narrow, wide).pValue).to.be.above(0.5);
  });

  it("has the critical value of the tables: 1.358 by the root of the sizes for 5 %", () => {
    const n = 10_000;
    const a = Array.from({ length: n }, (_, index) => index);
    const shift = Math.round(1.358 * Math.sqrt(2 / n) * n);
    const { pValue } = kolmogorovSmirnov(
      a,
      a.map((value) => value + shift),
    );
    expect(pValue).to.be.closeTo(0.05, 0.001);
  });
});

describe("holmAdjusted", () => {
  it("multiplies by the number of hypotheses left, keeps the order and never falls", () => {
    const adjusted = holmAdjusted([0.01, 0.04, 0.03, 0.005]);
    const expected = [0.03, 0.06, 0.06, 0.02];
    adjusted.forEach((p, index) => expect(p).to.be.closeTo(expected[index]!, 1e-12));
    expect(holmAdjusted([0.9, 0.8])).to.deep.equal([1, 1]);
    expect(holmAdjusted([])).to.deep.equal([]);
  });
});
