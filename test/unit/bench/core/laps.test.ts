import { expect } from "chai";
import { describe, it } from "mocha";
import { systemClock } from "../../../../src/bench/core/clock.js";
import { Laps } from "../../../../src/bench/core/laps.js";

describe("Laps", () => {
  it("splits the time into phases whose sum is the total", () => {
    const laps = new Laps(["create", "start"], 100);
    laps.mark("create", 130);
    laps.mark("start", 200);
    expect(laps.durationsNs).to.deep.equal([30, 70]);
    expect(laps.totalNs()).to.equal(100);
  });

  it("takes the end of the measurement for the total when there are no phases", () => {
    const clock = { ...systemClock, nowNs: () => 150 };
    expect(new Laps([], 100, clock).totalNs()).to.equal(50);
  });

  it("gives a phase that had ended before it began the length 0, and the total no less than its parts", () => {
    const laps = new Laps(["start", "firstLog"], 100);
    laps.mark("start", 200);
    laps.mark("firstLog", 190);
    expect(laps.durationsNs).to.deep.equal([100, 0]);
    expect(laps.totalNs()).to.equal(100);
  });

  it("leaves out what is skipped, of the phases and of the total", () => {
    let readNs = 160;
    const clock = { ...systemClock, nowNs: () => readNs };
    const laps = new Laps(["start", "stop"], 100, clock);
    laps.mark("start", 130);
    laps.skip();
    readNs = 200;
    laps.mark("stop");
    expect(laps.durationsNs).to.deep.equal([30, 40]);
    expect(laps.totalNs()).to.equal(70);
  });

  it("refuses a phase out of its turn", () => {
    const laps = new Laps(["create", "start"], 0);
    expect(() => laps.mark("start", 1)).to.throw(RangeError, '"start" ended, but "create" was under way');
  });

  it("ends the attempt at the next mark after an interruption", () => {
    const controller = new AbortController();
    const laps = new Laps(["create", "start"], 0, undefined, controller.signal);
    laps.mark("create", 1);
    controller.abort(new Error("interrupted"));
    expect(() => laps.mark("start", 2)).to.throw("interrupted");
  });
});
