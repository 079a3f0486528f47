import { expect } from "chai";
import { describe, it } from "mocha";
import { classifyOutliers, medianOf, sortedCopy, summarize } from "../../../../src/bench/core/statistics.js";

describe("summarize", () => {
  it("gives the textbook's figures", () => {
    const summary = summarize(sortedCopy([9, 2, 4, 4, 5, 4, 7, 5]));
    expect(summary).to.include({ count: 8, min: 2, max: 9, mean: 5, mad: 0.5 });
    expect(summary.stddev).to.be.closeTo(2.138, 0.001);
  });

  it("gives a single value no spread", () => {
    expect(summarize([7])).to.deep.equal({ count: 1, min: 7, mean: 7, max: 7, stddev: 0, mad: 0 });
  });

  it("keeps its precision far from zero", () => {
    expect(summarize([1e15, 1e15 + 2, 1e15 + 4]).stddev).to.equal(2);
  });

  it("refuses an empty sample", () => {
    expect(() => summarize([])).to.throw(RangeError);
  });
});

describe("sortedCopy", () => {
  it("sorts as numbers and leaves the original alone", () => {
    const values = [10, 9, 1];
    expect(sortedCopy(values)).to.deep.equal([1, 9, 10]);
    expect(values).to.deep.equal([10, 9, 1]);
  });
});

describe("medianOf", () => {
  it("takes the middle, or the mean of the two middle values", () => {
    expect(medianOf([3, 1, 2])).to.equal(2);
    expect(medianOf([4, 1, 2, 3])).to.equal(2.5);
  });
});

describe("classifyOutliers", () => {
  it("counts values beyond the fences at 1.5 and 3 interquartile ranges", () => {
    // Quartiles 10 and 20: fences at -20, -5, 35 and 50.
    const sorted = [-21, -6, 10, 10, 10, 15, 20, 20, 20, 36, 51];
    expect(classifyOutliers(sorted)).to.deep.equal({ lowSevere: 1, lowMild: 1, highMild: 1, highSevere: 1 });
  });

  it("finds none in an even spread or in too few values", () => {
    expect(classifyOutliers([1, 2, 3, 4, 5])).to.deep.equal({ lowSevere: 0, lowMild: 0, highMild: 0, highSevere: 0 });
    expect(classifyOutliers([1, 1, 1000])).to.deep.equal({ lowSevere: 0, lowMild: 0, highMild: 0, highSevere: 0 });
  });
});
