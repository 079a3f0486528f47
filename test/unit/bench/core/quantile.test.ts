import { expect } from "chai";
import fc from "fast-check";
import { describe, it } from "mocha";
import {
  interpolatedQuantile,
  quantile,
  quantileInterval,
  samplesNeeded,
} from "../../../../src/bench/core/quantile.js";
import { sortedCopy } from "../../../../src/bench/core/statistics.js";

const oneTo = (n: number) => Array.from({ length: n }, (_, index) => index + 1);

describe("quantile", () => {
  it("is the value whose rank is the share of the count, rounded up", () => {
    expect(quantile(oneTo(100), 0.5)).to.equal(50);
    expect(quantile(oneTo(100), 0.99)).to.equal(99);
    expect(quantile(oneTo(100), 0.07)).to.equal(7);
    expect(quantile(oneTo(101), 0.5)).to.equal(51);
    expect(quantile([8], 0.999)).to.equal(8);
    expect(quantile(oneTo(10), 0)).to.equal(1);
  });

  it("is always a value at least the share of all does not exceed, and the smallest such one", () => {
    const values = fc.array(fc.nat(50), { minLength: 1 });
    fc.assert(
      fc.property(values, fc.double({ min: 0.01, max: 0.999, noNaN: true }), (unsorted, q) => {
        const sorted = sortedCopy(unsorted);
        const found = quantile(sorted, q);
        const share = (limit: (value: number) => boolean) => sorted.filter(limit).length / sorted.length;
        expect(share((value) => value <= found)).to.be.at.least(q - 1e-9);
        expect(share((value) => value < found)).to.be.below(q);
      }),
    );
  });

  it("refuses an empty sample", () => {
    expect(() => quantile([], 0.5)).to.throw(RangeError);
  });

  it("knows from how many values on it is more than the largest", () => {
    expect([0.5, 0.9, 0.99, 0.999].map(samplesNeeded)).to.deep.equal([2, 10, 100, 1000]);
    expect(quantile(oneTo(99), 0.99)).to.equal(99);
    expect(quantile(oneTo(100), 0.99)).to.equal(99);
  });
});

describe("interpolatedQuantile", () => {
  it("gives the quartiles of R's type 7", () => {
    const sorted = [1, 2, 3, 4, 10];
    expect([0, 0.25, 0.5, 0.75, 1].map((q) => interpolatedQuantile(sorted, q))).to.deep.equal([1, 2, 3, 4, 10]);
    expect(interpolatedQuantile([1, 2, 3, 4], 0.25)).to.equal(1.75);
  });
});

describe("quantileInterval", () => {
  it("gives the ranks of the published tables for a 95 % interval of the median", () => {
    // Conover, Practical Nonparametric Statistics, table A3: the binomial with n = 20 and n = 10.
    expect(quantileInterval(oneTo(20), 0.5)).to.deep.equal({ low: 6, high: 15 });
    expect(quantileInterval(oneTo(10), 0.5)).to.deep.equal({ low: 2, high: 9 });
  });

  it("leaves an end open that the sample cannot bound", () => {
    expect(quantileInterval(oneTo(5), 0.5)).to.deep.equal({ low: undefined, high: undefined });
    expect(quantileInterval(oneTo(100), 0.99).high).to.equal(undefined);
    expect(quantileInterval(oneTo(400), 0.99).high).to.be.within(396, 400);
  });

  it("holds the true quantile about as often as it says", () => {
    // A small generator of its own keeps the draw the same in every run.
    let state = 42;
    const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
    const hits = oneTo(2000).filter(() => {
      const sorted = sortedCopy(Array.from({ length: 60 }, random));
      const { low, high } = quantileInterval(sorted, 0.9);
      return (low ?? -Infinity) <= 0.9 && 0.9 <= (high ?? Infinity);
    });
    expect(hits.length / 2000).to.be.within(0.94, 1);
  });

  it("works for samples whose probabilities underflow", () => {
    const { low, high } = quantileInterval(oneTo(100_000), 0.5);
    expect(low).to.be.within(49_600, 49_800);
    expect(high).to.be.within(50_200, 50_400);
  });
});
