import { expect } from "chai";
import { describe, it } from "mocha";
import { pairedShift, unpairedShift, type Shift } from "../../../../src/bench/compare/bootstrap.js";
import { judgeAll, type ComparisonInput, type ComparisonVerdict } from "../../../../src/bench/compare/judge.js";
import { seededRandom, shuffled, type Random } from "../../../../src/bench/compare/random.js";

const MS = 1e6;

/** Latencies as runtimes have them: a lower bound, a long tail, and a host that slows down and recovers. */
function latencies(random: Random, rounds: number, medianMs: number, spread = 0.1): number[] {
  return Array.from({ length: rounds }, (_, round) => {
    const drift = 1 + 0.2 * Math.sin(round / 7);
    const gaussian = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.round(medianMs * MS * drift * Math.exp(spread * gaussian));
  });
}

const input = (a: ComparisonInput["a"], b: ComparisonInput["b"], floor = 0.2 * MS): ComparisonInput => ({
  metric: "pod-startup.start",
  unit: "ns",
  a,
  b,
  paired: true,
  floor,
});
const judge = (a: ComparisonInput["a"], b: ComparisonInput["b"], floor?: number) =>
  judgeAll([input(a, b, floor)], seededRandom(1))[0]!;

describe("seededRandom", () => {
  it("gives the same numbers for the same seed, spread over the range", () => {
    const numbers = (seed: number) => Array.from({ length: 1000 }, seededRandom(seed));
    expect(numbers(7)).to.deep.equal(numbers(7));
    expect(numbers(7)).to.not.deep.equal(numbers(8));
    for (const seed of [0, 1, 2 ** 31, 2 ** 32 - 1]) {
      const mean = numbers(seed).reduce((sum, value) => sum + value, 0) / 1000;
      expect(mean).to.be.within(0.45, 0.55);
    }
  });

  it("shuffles into every order about as often", () => {
    const random = seededRandom(3);
    const counts = new Map<string, number>();
    for (let draw = 0; draw < 6000; draw++) {
      const order = shuffled(["a", "b", "c"], random).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).to.equal(6);
    for (const count of counts.values()) expect(count).to.be.within(880, 1120);
  });
});

describe("pairedShift and unpairedShift", function () {
  this.timeout(60_000);

  const pairsOf = (a: number[], b: number[]) => a.map((value, round): [number, number] => [value, b[round]!]);

  it("have the truth in their 95 % intervals about as often as they say", () => {
    const random = seededRandom(11);
    const runs = 200;
    const held = { paired: 0, unpaired: 0 };
    for (let run = 0; run < runs; run++) {
      const a = latencies(random, 60, 50);
      const b = latencies(random, 60, 55);
      const paired = pairedShift(pairsOf(a, b), random).ratio!;
      const unpaired = unpairedShift(a, b, random).ratio!;
      if (paired.low <= 1.1 && 1.1 <= paired.high) held.paired++;
      if (unpaired.low <= 1.1 && 1.1 <= unpaired.high) held.unpaired++;
    }
    expect(held.paired / runs).to.be.within(0.91, 0.99);
    expect(held.unpaired / runs).to.be.within(0.91, 1);
  });

  it("are narrower when what disturbed a round cancels out", () => {
    const random = seededRandom(5);
    const a = latencies(random, 200, 50, 0.01);
    const b = latencies(random, 200, 50, 0.01);
    const width = ({ difference }: Shift) => difference.high - difference.low;
    expect(width(pairedShift(pairsOf(a, b), random))).to.be.below(width(unpairedShift(a, b, random)) / 3);
  });

  it("are not moved by a fifth of wild values", () => {
    const pairs = Array.from({ length: 50 }, (_, round): [number, number] => [100, round % 5 ? 110 : 100_000]);
    expect(pairedShift(pairs, seededRandom(1)).difference.value).to.equal(10);
  });

  it("have no ratio where a value is 0", () => {
    const zero = { ratio: undefined, difference: { value: 1, low: 1, high: 1 } };
    expect(
      pairedShift(
        [
          [0, 1],
          [0, 1],
        ],
        seededRandom(1),
      ),
    ).to.deep.equal(zero);
    expect(unpairedShift([0, 0], [1, 1], seededRandom(1))).to.deep.equal(zero);
  });
});

describe("judgeAll", function () {
  this.timeout(60_000);

  const random = seededRandom(2024);

  it("claims a difference between equal targets in about one comparison of twenty, however many metrics it has", () => {
    let claims = 0;
    for (let run = 0; run < 100; run++) {
      const metrics = ["a", "b", "c", "d"].map((metric) => ({
        ...input(latencies(random, 40, 50), latencies(random, 40, 50)),
        metric,
      }));
      const verdicts = judgeAll(metrics, random).map(({ verdict }) => verdict);
      if (verdicts.some((verdict) => verdict === "faster" || verdict === "slower")) claims++;
    }
    // Five are expected; ten or more have a chance of 3 %.
    expect(claims).to.be.below(10);
  });

  it("finds 5 ms more and its size", () => {
    const seed = seededRandom(6);
    const a = latencies(seed, 100, 50, 0.05);
    const b = latencies(seed, 100, 50, 0.05).map((value) => value + 5 * MS);
    const { verdict, difference, ratio, cliffsDelta, test } = judge(a, b);
    expect(verdict).to.equal("slower");
    expect(5 * MS).to.be.within(difference.low, difference.high);
    expect(ratio!.low).to.be.above(1);
    expect(cliffsDelta).to.be.above(0);
    expect(test.name).to.equal("signedRank");
  });

  it("finds 5 % less", () => {
    const a = latencies(random, 400, 50, 0.05);
    const b = latencies(random, 400, 50 * 0.95, 0.05);
    const { verdict, ratio } = judge(a, b);
    expect(verdict).to.equal("faster");
    expect(0.95).to.be.within(ratio!.low, ratio!.high);
  });

  it("says that nothing is shown when the data could have shown it", () => {
    const a = latencies(random, 400, 50, 0.05);
    expect(judge(a, latencies(random, 400, 50, 0.05))).to.include({ verdict: "noDifferenceShown" });
  });

  it("says that the data are not enough, and how many would be", () => {
    const { verdict, samplesNeeded } = judge(latencies(random, 20, 50, 0.5), latencies(random, 20, 50, 0.5));
    expect(verdict).to.equal("notEnoughData");
    expect(samplesNeeded).to.be.above(100);
    expect(judge([1, 2, 3], [4, 5, 6])).to.include({ verdict: "notEnoughData", samplesNeeded: 10 });
  });

  it("claims nothing below the harness's floor or the noise threshold, however sure it is", () => {
    const a = latencies(random, 100, 50, 0.001);
    const plus = (shareOf: number) => a.map((value) => Math.round(value * (1 + shareOf)));
    expect(judge(a, plus(0.01), 0)).to.include({ verdict: "noDifferenceShown" });
    expect(judge(a, plus(0.05), 0)).to.include({ verdict: "slower" });
    expect(judge(a, plus(0.05), 10 * MS)).to.include({ verdict: "noDifferenceShown" });
  });

  it("asks for more evidence the more metrics there are", () => {
    // Twenty alike metrics next to one with a difference that is just significant by itself.
    const seed = seededRandom(4);
    const weak = input(latencies(seed, 30, 50), latencies(seed, 30, 57));
    const alone = judgeAll([weak], seededRandom(1))[0]!;
    const others = Array.from({ length: 20 }, () => input(latencies(seed, 30, 50), latencies(seed, 30, 50)));
    const among = judgeAll([weak, ...others], seededRandom(1))[0]!;
    expect(among.test).to.deep.equal(alone.test);
    expect(among.adjustedP).to.be.above(alone.adjustedP);
  });

  it("compares only rounds in which both attempts succeeded", () => {
    const a = [...latencies(random, 50, 50), undefined];
    const b = [undefined, ...latencies(random, 50, 50)];
    expect(judge(a, b).samples).to.deep.equal({ a: 49, b: 49 });
  });

  it("compares values of different times by the test for these", () => {
    const a = latencies(random, 80, 50, 0.05);
    const b = latencies(random, 120, 80, 0.05);
    const { test, samples, verdict } = judgeAll([{ ...input(a, b), paired: false }], seededRandom(1))[0]!;
    expect(test.name).to.equal("mannWhitney");
    expect(samples).to.deep.equal({ a: 80, b: 120 });
    expect(verdict).to.equal("slower");
  });

  it("judges a metric that is mostly 0 by its difference", () => {
    const zeros = Array.from({ length: 50 }, () => 0);
    expect(judge(zeros, zeros)).to.include({ verdict: "noDifferenceShown" });
    expect(
      judge(
        zeros,
        zeros.map(() => 5 * MS),
      ),
    ).to.include({ verdict: "slower" satisfies ComparisonVerdict });
  });

  it("speaks of memory as smaller and larger", () => {
    const some = Array.from({ length: 50 }, (_, index) => 1000 + index);
    const more = some.map((value) => value * 2);
    const of = (a: number[], b: number[]) =>
      judgeAll([{ ...input(a, b, 0), unit: "bytes", paired: false }], seededRandom(1))[0]!.verdict;
    expect(of(some, more)).to.equal("larger");
    expect(of(more, some)).to.equal("smaller");
  });

  it("has nothing to say about a metric without values", () => {
    expect(judgeAll([input([undefined], [1])], seededRandom(1))).to.deep.equal([]);
  });
});
