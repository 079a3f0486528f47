import { expect } from "chai";
import { describe, it } from "mocha";
import { runScenario as runInShape, type ScenarioRunOptions } from "../../../../src/bench/core/run-scenario.js";
import { NotApplicableError } from "../../../../src/bench/core/scenario.js";
import { RpcError } from "../../../../src/cri/rpc-error.js";
import { fail, fakeContext, fakeScenario } from "../fake-scenario.js";

const runScenario = (
  scenario: Parameters<typeof runInShape>[0],
  context: Parameters<typeof runInShape>[1],
  options: Omit<ScenarioRunOptions, "shape">,
) => runInShape(scenario, context, { shape: { kind: "sequential" }, ...options });

describe("runScenario", () => {
  it("goes through the five phases in order, warm-up first", async () => {
    const { scenario, calls } = fakeScenario();
    const run = await runScenario(scenario, fakeContext(), { samples: 2, warmup: 1 });
    const iteration = ["prepare", "measure", "conclude"];
    expect(calls).to.deep.equal(["setUp", ...iteration, ...iteration, ...iteration, "cleanUp"]);
    expect(run.end).to.deep.equal({ state: "completed" });
    expect(run.warmup).to.deep.equal({ end: "fixed", iterations: 1 });
  });

  it("keeps warm-up values apart, and gives every metric of every attempt a value", async () => {
    const { store } = await runScenario(fakeScenario().scenario, fakeContext(), { samples: 5, warmup: 3 });
    for (const metric of ["first", "second", "total"]) {
      expect(store.series("run", metric).valuesNs).to.have.length(5);
      expect(store.series("warmup", metric).valuesNs).to.have.length(3);
      expect(store.errors(metric)).to.equal(0);
    }
    const [first, second, total] = ["first", "second", "total"].map((name) => store.series("run", name).valuesNs);
    expect(first!.map((valueNs, index) => valueNs + second![index]!)).to.deep.equal(total);
    expect(total!.every(Number.isSafeInteger)).to.equal(true);
  });

  it("leaves the warm-up out when asked to", async () => {
    const { scenario, calls } = fakeScenario();
    const run = await runScenario(scenario, fakeContext(), { samples: 1, warmup: 0 });
    expect(run.warmup).to.deep.equal({ end: "none", iterations: 0 });
    expect(calls).to.deep.equal(["setUp", "prepare", "measure", "conclude", "cleanUp"]);
  });

  it("warms up by a plan until the plan is content", async () => {
    const plan = { minIterations: 4, maxIterations: 6, minDurationNs: 0, maxDurationNs: 1e12, tolerance: -1 };
    const { store, warmup } = await runScenario(fakeScenario().scenario, fakeContext(), { samples: 2, warmup: plan });
    expect(warmup.iterations).to.equal(store.attempts("warmup")).and.to.be.within(4, 6);
    expect(store.attempts("run")).to.equal(2);
  });

  it("counts a failed attempt as an error of the phases it did not finish, and keeps those it did", async () => {
    const { scenario, calls } = fakeScenario((index) => (index === 1 ? { second: fail("no disk") } : {}));
    const { store, end } = await runScenario(scenario, fakeContext(), { samples: 4, warmup: 0 });
    expect(end.state).to.equal("completed");
    expect(store.series("run", "first").valuesNs).to.have.length(4);
    expect(store.series("run", "second").valuesNs).to.have.length(3);
    expect(store.series("run", "total").valuesNs).to.have.length(3);
    expect(["first", "second", "total"].map((metric) => store.errors(metric))).to.deep.equal([0, 1, 1]);
    expect(store.errorGroups).to.have.length(1);
    expect(store.errorGroups[0]).to.include({ phase: "second", message: "no disk", count: 1 });
    expect(calls.filter((call) => call === "conclude")).to.have.length(4);
  });

  it("counts a failed preparation as an error of every metric, without measuring", async () => {
    const { scenario, calls } = fakeScenario((index) => (index === 0 ? { prepare: fail("no image") } : {}));
    const { store } = await runScenario(scenario, fakeContext(), { samples: 2, warmup: 0 });
    expect(store.errors("first")).to.equal(1);
    expect(store.errorGroups[0]).to.include({ phase: "prepare", message: "no image" });
    expect(calls.filter((call) => call === "measure")).to.have.length(1);
  });

  it("keeps the measurement when only the conclusion fails", async () => {
    const { scenario } = fakeScenario(() => ({ conclude: fail("still busy") }));
    const { store } = await runScenario(scenario, fakeContext(), { samples: 3, warmup: 0 });
    expect(store.errors("total")).to.equal(0);
    expect(store.errorGroups).to.have.length(1);
    expect(store.errorGroups[0]).to.include({ phase: "conclude", count: 3 });
  });

  it("names the status of a failed call", async () => {
    const busy = new RpcError("StartContainer", 14, "connection refused", false);
    const { scenario } = fakeScenario(() => ({
      first: () => {
        throw busy;
      },
    }));
    const { store, end } = await runScenario(scenario, fakeContext(), { samples: 1, warmup: 0 });
    expect(store.errorGroups[0]).to.include({ phase: "first", code: "Unavailable" });
    expect(end.state).to.equal("failed");
  });

  it("gives up after ten failures in a row and says why", async () => {
    const { scenario, calls } = fakeScenario((index) => (index < 3 ? {} : { first: fail("gone") }));
    const { store, end } = await runScenario(scenario, fakeContext(), { samples: 1000, warmup: 0 });
    expect(end).to.deep.equal({
      state: "failed",
      reason: "10 iterations in a row failed, the last in phase first: gone",
    });
    expect(store.attempts("run")).to.equal(13);
    expect(calls.at(-1)).to.equal("cleanUp");
  });

  it("carries on when failures are not in a row", async () => {
    const { scenario } = fakeScenario((index) => (index % 2 ? { first: fail("flaky") } : {}));
    const { store, end } = await runScenario(scenario, fakeContext(), { samples: 40, warmup: 0 });
    expect(end.state).to.equal("completed");
    expect(store.errors("total")).to.equal(20);
  });

  it("stops after the iteration under way when interrupted, concludes it and cleans up", async () => {
    const controller = new AbortController();
    const { scenario, calls } = fakeScenario((index) =>
      index === 2 ? { first: () => controller.abort(new Error("Ctrl-C")) } : {},
    );
    const { store, end } = await runScenario(scenario, fakeContext(controller.signal), { samples: 100, warmup: 0 });
    expect(end).to.deep.equal({ state: "interrupted" });
    expect(store.attempts("run")).to.equal(2);
    expect(store.errorGroups).to.deep.equal([]);
    expect(calls.slice(-3)).to.deep.equal(["measure", "conclude", "cleanUp"]);
  });

  it("says that it failed when it cannot be set up", async () => {
    const { scenario } = fakeScenario();
    const broken = { ...scenario, setUp: () => Promise.reject(new Error("no such image")) };
    const { end } = await runScenario(broken, fakeContext(), { samples: 1, warmup: 0 });
    expect(end).to.deep.equal({ state: "failed", reason: "no such image" });
  });

  it("tells a scenario that does not apply from one that failed", async () => {
    const reason = "the runtime does not implement GetContainerEvents";
    const unusable = { ...fakeScenario().scenario, setUp: () => Promise.reject(new NotApplicableError(reason)) };
    const { end } = await runScenario(unusable, fakeContext(), { samples: 1, warmup: 0 });
    expect(end).to.deep.equal({ state: "notApplicable", reason });
  });

  it("keeps memory flat when every failure reads differently", async () => {
    const { scenario } = fakeScenario((index) => (index % 2 ? { first: fail(`container ${index}`) } : {}));
    const { store } = await runScenario(scenario, fakeContext(), { samples: 100, warmup: 0 });
    expect(store.errorGroups).to.have.length(20);
    expect(store.otherErrors).to.equal(30);
  });
});
