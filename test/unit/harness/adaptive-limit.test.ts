import { expect } from "chai";
import { describe, it } from "mocha";
import { AdaptiveLimit } from "../../../src/harness/adaptive-limit.js";

const slow = { method: "ContainerStatus", durationMs: 5_000 };

describe("the number of specs at a time", () => {
  it("halves when a look-up takes long, says so, and grows one by one when that has passed", () => {
    const told: string[] = [];
    const limit = new AdaptiveLimit(8, (text) => told.push(text));
    limit.observe(slow);
    expect(limit.current).to.equal(4);
    expect(told).to.deep.equal(["the runtime took 5.0 s for ContainerStatus: 4 specs at a time from now on"]);
    for (let ended = 0; ended < 4; ended++) limit.specEnded();
    expect(limit.current).to.equal(5);
    for (let ended = 0; ended < 100; ended++) limit.specEnded();
    expect(limit.current).to.equal(8);
  });

  it("halves when starting a process takes long", () => {
    for (const method of ["RunPodSandbox", "StartContainer"]) {
      const limit = new AdaptiveLimit(6, () => undefined);
      limit.observe({ method, durationMs: 4_000 });
      expect(limit.current).to.equal(6);
      limit.observe({ method, durationMs: 6_000 });
      expect(limit.current).to.equal(3);
    }
  });

  it("tells of a decrease only where it is to fewer than ever before", () => {
    const told: string[] = [];
    const limit = new AdaptiveLimit(4, (text) => told.push(text));
    for (let round = 0; round < 5; round++) {
      limit.observe(slow);
      for (let ended = 0; ended < 20; ended++) limit.specEnded();
    }
    expect(limit.current).to.equal(4);
    expect(told).to.have.length(1);
  });

  it("takes the slow calls of specs that were under way for one", () => {
    const limit = new AdaptiveLimit(8, () => undefined);
    for (let call = 0; call < 5; call++) limit.observe(slow);
    expect(limit.current).to.equal(4);
  });

  it("never goes below one", () => {
    const limit = new AdaptiveLimit(2, () => undefined);
    for (let round = 0; round < 5; round++) {
      limit.observe(slow);
      limit.specEnded();
      limit.specEnded();
    }
    expect(limit.current).to.be.at.least(1);
  });

  it("does not mind calls that a spec makes long, nor quick ones", () => {
    const limit = new AdaptiveLimit(8, () => undefined);
    limit.observe({ method: "StopContainer", durationMs: 60_000 });
    limit.observe({ method: "ContainerStatus", durationMs: 100 });
    expect(limit.current).to.equal(8);
  });
});
