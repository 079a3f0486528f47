import { expect } from "chai";
import { describe, it } from "mocha";
import { readdirSync } from "node:fs";
import { PodLedger } from "../../../../src/bench/core/pod-ledger.js";
import { runScenario } from "../../../../src/bench/core/run-scenario.js";
import { SCENARIOS, selectScenarios, UnknownScenarioError } from "../../../../src/bench/index.js";
import { isCostScenario, type Scenario } from "../../../../src/bench/core/scenario.js";
import { createTempFolder } from "../../../../src/support/temp-folder.js";
import { FakeRuntime } from "../fake-runtime.js";

/** Runs a scenario on a runtime in memory, with the last removal that `runBench` does. */
async function run(name: string, runtime: FakeRuntime, samples = 3) {
  await using logs = await createTempFolder("test");
  const { rpc } = runtime;
  const pods = new PodLedger({ rpc, runId: "0123456789", handler: "runc", folder: logs.path });
  const context = {
    rpc,
    cleanUpRpc: rpc,
    pods,
    image: "busybox",
    runtimeSocket: undefined,
    signal: new AbortController().signal,
  };
  const options = { samples, warmup: 1, shape: { kind: "sequential" as const } };
  const scenario = SCENARIOS.get(name) as Scenario;
  const result = await runScenario(scenario, context, options);
  await pods.removeAll();
  return { ...result, logsLeft: readdirSync(logs.path) };
}

/** The small ones of each family, since the others differ in numbers only; those with streams or networks need a real runtime. */
const NAMES = [...SCENARIOS.values()]
  .filter((scenario) => !isCostScenario(scenario))
  .map(({ name }) => name)
  .filter((name) => !/^(list-\d{2,}|image-pull-(8|64)mib.*|.*-(spdy|websocket)|pod-ready)$/.test(name));

for (const name of NAMES) {
  describe(`scenario ${name}`, function () {
    this.timeout(30_000);

    it("gives every phase of every attempt a value and leaves nothing behind", async () => {
      const runtime = new FakeRuntime();
      const { end, store, logsLeft } = await run(name, runtime);
      expect(end).to.deep.equal({ state: "completed" });
      for (const metric of store.metrics) expect(store.series("run", metric).valuesNs).to.have.length(3);
      expect(store.errorGroups).to.deep.equal([]);
      expect(runtime.pods).to.have.property("size", 0);
      expect(runtime.containers).to.have.property("size", 0);
      expect([...runtime.images]).to.deep.equal([]);
      expect(logsLeft).to.deep.equal([]);
    });

    it("leaves nothing behind whichever of its calls fails", async () => {
      const probe = new FakeRuntime();
      await run(name, probe, 1);
      for (let failAt = 0; failAt < probe.calls.length; failAt++) {
        const runtime = new FakeRuntime();
        runtime.failAt = failAt;
        const { end, store } = await run(name, runtime, 1);
        const told = end.state === "failed" || store.errorGroups.length > 0;
        const inRemoveAll = failAt >= probe.calls.length - 1;
        expect(told || inRemoveAll, `call ${failAt}, ${probe.calls[failAt]}, is reported`).to.equal(true);
        expect(runtime.pods, `pods after call ${failAt}, ${probe.calls[failAt]}`).to.have.property("size", 0);
        expect([...runtime.images], `images after call ${failAt}, ${probe.calls[failAt]}`).to.deep.equal([]);
      }
    });
  });
}

describe("scenario event-latency", () => {
  it("does not apply to a runtime without GetContainerEvents", async () => {
    const runtime = new FakeRuntime();
    runtime.unimplemented.push("getContainerEvents");
    const { end } = await run("event-latency", runtime);
    expect(end).to.deep.equal({
      state: "notApplicable",
      reason: "the runtime does not implement GetContainerEvents",
    });
    expect(runtime.pods).to.have.property("size", 0);
  });
});

describe("selectScenarios", () => {
  const namesOf = (...names: string[]) => selectScenarios(names).map(({ name }) => name);

  it("takes names and patterns, each scenario once, in the order asked for", () => {
    expect(namesOf("list-1", "pod-startup")).to.deep.equal(["list-1", "pod-startup"]);
    expect(namesOf("list-*")).to.deep.equal(["list-1", "list-10", "list-100", "list-500"]);
    expect(namesOf("pod-startup", "pod-*")).to.deep.equal([
      "pod-startup",
      "pod-ready",
      "pod-teardown",
      "pod-lifecycle",
    ]);
  });

  it("refuses a name that fits none and tells the ones there are", () => {
    expect(() => namesOf("pod.startup")).to.throw(UnknownScenarioError, "pod-startup, pod-ready");
    expect(() => namesOf("nothing-*")).to.throw(UnknownScenarioError, '"nothing-*"');
  });
});
