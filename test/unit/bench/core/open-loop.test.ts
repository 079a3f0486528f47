import { expect } from "chai";
import { describe, it } from "mocha";
import { msToNs, nsToMs } from "../../../../src/bench/core/clock.js";
import { Iteration, timedPhases, type Mode } from "../../../../src/bench/core/iteration.js";
import { applyLoad, type LoadShape } from "../../../../src/bench/core/load-shape.js";
import { quantile } from "../../../../src/bench/core/quantile.js";
import { SampleStore } from "../../../../src/bench/core/sample-store.js";
import { sortedCopy } from "../../../../src/bench/core/statistics.js";
import { VirtualClock } from "../virtual-clock.js";

/** When the target answers nothing, in milliseconds. */
interface Stall {
  fromMs: number;
  toMs: number;
}

/** Puts a load on a target that takes `serviceMs` per attempt, but answers nothing during the stall. */
async function load(shape: LoadShape, { samples = 200, serviceMs = 10, stall, abortAtMs }: Partial<LoadOptions> = {}) {
  const clock = new VirtualClock();
  const controller = new AbortController();
  const calls = { prepared: 0, concluded: 0, inFlight: 0, mostInFlight: 0 };
  const session = {
    prepare() {
      calls.prepared++;
      return Promise.resolve({
        async measure() {
          calls.mostInFlight = Math.max(calls.mostInFlight, ++calls.inFlight);
          const nowMs = nsToMs(clock.nowNs());
          if (abortAtMs !== undefined && nowMs >= abortAtMs) controller.abort(new Error("Ctrl-C"));
          const begunMs = stall && nowMs >= stall.fromMs && nowMs < stall.toMs ? stall.toMs : nowMs;
          await clock.sleepUntilNs(msToNs(begunMs + serviceMs));
          calls.inFlight--;
        },
        conclude() {
          calls.concluded++;
          return Promise.resolve();
        },
      });
    },
    cleanUp: () => Promise.resolve(),
  };
  const openLoop = shape.kind === "openLoop";
  const phases = timedPhases([], openLoop);
  const store = new SampleStore(phases);
  const loop = {
    signal: controller.signal,
    next: (mode: Mode) => new Iteration(mode, session, { phases, openLoop, signal: controller.signal, clock }),
    finished: (iteration: Iteration) => {
      if (!iteration.interrupted) store.add(iteration.mode, iteration.outcome);
    },
  };
  const pace = await clock.run(applyLoad(shape, loop, samples, clock));
  const totalsMs = store.series("run", "total").valuesNs.map(nsToMs);
  return { pace, store, calls, totalsMs };
}

interface LoadOptions {
  samples: number;
  serviceMs: number;
  stall: Stall;
  abortAtMs: number;
}

const twentyPerS = (maxInFlight: number): LoadShape => ({ kind: "openLoop", ratePerS: 20, maxInFlight });
const stall = { fromMs: 2_000, toMs: 3_000 };

describe("open loop", () => {
  it("starts at the rate, and measures an unhindered target as it is", async () => {
    const { pace, store, totalsMs } = await load(twentyPerS(100));
    expect(totalsMs).to.deep.equal(Array.from({ length: 200 }, () => 10));
    expect(store.series("run", "total").startOffsetsNs.slice(0, 3).map(nsToMs)).to.deep.equal([0, 50, 100]);
    expect(pace).to.deep.equal({
      durationNs: msToNs(9_960),
      successesPerS: 200 / 9.96,
      lateStarts: 0,
      droppedStarts: 0,
    });
  });

  it("shows a stall of one second in each of the 20 starts that fell into it", async () => {
    const { pace, totalsMs } = await load(twentyPerS(100), { stall });
    const slow = totalsMs.filter((totalMs) => totalMs > 10).sort((a, b) => b - a);
    expect(slow).to.deep.equal(Array.from({ length: 20 }, (_, index) => 1_010 - 50 * index));
    expect(quantile(sortedCopy(totalsMs), 0.99)).to.equal(910);
    expect(pace.lateStarts).to.equal(0);
  });

  it("shows it although there is a place for one attempt only: the late starts count from when they were due", async () => {
    const { pace, totalsMs, store } = await load(twentyPerS(1), { stall });
    // The start at 2000 ms waits for the stall's end; those after it wait for their place as well. Each saves 40 ms, so
    // the backlog of 1010 ms is used up by the 26th: 1010 - 40 k > 10 for k = 0 to 24.
    const slow = totalsMs.filter((totalMs) => totalMs > 10).sort((a, b) => b - a);
    expect(slow).to.deep.equal(Array.from({ length: 25 }, (_, index) => 1_010 - 40 * index));
    // The first of them was made in time and stalled; of the other 24 all waited more than 5 ms.
    expect(pace.lateStarts).to.equal(24);
    expect(pace.droppedStarts).to.equal(0);
    const waitsMs = store.series("run", "wait").valuesNs.map(nsToMs);
    expect(waitsMs.filter((waitMs) => waitMs > 0)).to.have.length(24);
    expect(Math.max(...store.series("run", "service").valuesNs.map(nsToMs))).to.equal(1_010);
  });

  it("is what a closed loop with one worker does not show", async () => {
    const { totalsMs } = await load({ kind: "parallel", concurrency: 1 }, { stall, samples: 300 });
    expect(totalsMs.filter((totalMs) => totalMs > 10)).to.have.length(1);
  });

  it("gives up starts that have waited for ten seconds, and counts them as errors", async () => {
    const { pace, store, calls } = await load(twentyPerS(1), { samples: 300, serviceMs: 100 });
    // Each attempt takes two intervals: attempt n starts 50 n ms late, until that is 10 s at the 200th.
    expect(pace.droppedStarts).to.be.above(0);
    expect(store.errors("total")).to.equal(pace.droppedStarts);
    expect(store.attempts("run")).to.equal(300);
    expect(store.errorGroups).to.have.length(1);
    expect(store.errorGroups[0]).to.include({ phase: "wait" });
    expect(calls.concluded).to.equal(300);
    expect(Math.max(...store.series("run", "wait").valuesNs)).to.be.at.most(10e9);
  });

  it("never has more attempts in flight than it may", async () => {
    const { calls } = await load(twentyPerS(3), { stall });
    expect(calls.mostInFlight).to.equal(3);
  });

  it("makes no further starts after an interruption, and concludes what it had prepared", async () => {
    const { calls, store } = await load(twentyPerS(100), { abortAtMs: 1_000 });
    expect(store.attempts("run")).to.be.within(20, 21);
    expect(calls.prepared).to.be.below(200);
    expect(calls.concluded).to.equal(calls.prepared);
  });
});

describe("parallel", () => {
  it("keeps as many attempts under way as asked for, and makes exactly the attempts asked for", async () => {
    const { calls, totalsMs, pace } = await load({ kind: "parallel", concurrency: 8 }, { samples: 20 });
    expect(calls).to.include({ prepared: 20, concluded: 20, mostInFlight: 8 });
    expect(totalsMs).to.have.length(20);
    expect(pace).to.deep.equal({ durationNs: msToNs(30), successesPerS: 20 / 0.03 });
  });

  it("has no more workers than attempts", async () => {
    const { calls } = await load({ kind: "parallel", concurrency: 8 }, { samples: 2 });
    expect(calls.mostInFlight).to.equal(2);
  });
});
