import { expect } from "chai";
import { describe, it } from "mocha";
import { SteadyStateDetector, type WarmupPlan } from "../../../../src/bench/core/steady-state.js";

const plan: WarmupPlan = {
  minIterations: 8,
  maxIterations: 100,
  minDurationNs: 0,
  maxDurationNs: 1e9,
  tolerance: 0.05,
};

/** Feeds durations until the detector is content. */
function feed(
  durationOf: (iteration: number) => number | undefined,
  overrides: Partial<WarmupPlan> = {},
  elapsedNs = 1,
) {
  const detector = new SteadyStateDetector({ ...plan, ...overrides });
  for (let iteration = 0; iteration < 1_000; iteration++) {
    if (detector.add(durationOf(iteration), elapsedNs)) return detector.outcome;
  }
  throw new Error("the detector never ended the warm-up");
}

describe("SteadyStateDetector", () => {
  it("is content with a constant duration as soon as it may be", () => {
    expect(feed(() => 1000)).to.deep.equal({ end: "steady", iterations: 8 });
  });

  it("waits while each iteration is faster than the one before", () => {
    const { end, iterations } = feed((iteration) => 1000 + 9000 * 0.9 ** iteration);
    expect(end).to.equal("steady");
    expect(iterations).to.be.above(15);
  });

  it("waits for a step down to be behind it", () => {
    const { end, iterations } = feed((iteration) => (iteration < 12 ? 1000 + 100 * (12 - iteration) : 500));
    expect(end).to.equal("steady");
    expect(iterations).to.be.above(16);
  });

  it("takes noise without a trend for steady", () => {
    const noise = [900, 1150, 980, 1200, 870, 1010, 1100, 940];
    expect(feed((iteration) => noise[iteration % noise.length]).end).to.equal("steady");
  });

  it("gives up at the limit of iterations when the durations keep growing", () => {
    expect(feed((iteration) => 1000 * 1.1 ** iteration)).to.deep.equal({ end: "limit", iterations: 100 });
  });

  it("gives up at the limit of time", () => {
    expect(feed((iteration) => 1000 * 1.1 ** iteration, {}, 1e9)).to.deep.equal({ end: "limit", iterations: 1 });
  });

  it("does not decide before the least time is over", () => {
    expect(feed(() => 1000, { minDurationNs: 10 }, 5)).to.deep.equal({ end: "limit", iterations: 100 });
  });

  it("does not take failures for a steady state", () => {
    expect(feed(() => undefined)).to.deep.equal({ end: "limit", iterations: 100 });
  });
});
