import { expect } from "chai";
import { describe, it } from "mocha";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  CompareTargetsError,
  formatCompareTable,
  parseThreshold,
  runBench,
  runCompare,
  type CompareOptions,
  type CompareResult,
} from "../../../../src/bench/index.js";
import type { CostScenario, Scenario, ScenarioContext } from "../../../../src/bench/core/scenario.js";
import { createTempFolder } from "../../../../src/support/temp-folder.js";
import { fakeConnection } from "../fake-connection.js";

/** Notes whose turn it is, by the image that each target has for a name. */
function turns(actionAt: (image: string, turn: number) => void = () => undefined) {
  const order: string[] = [];
  const scenario: Scenario = {
    name: "turns",
    title: "nothing",
    phases: [],
    setUp({ image }: ScenarioContext) {
      const attempt = {
        measure() {
          order.push(image);
          actionAt(image, order.length);
          return Promise.resolve();
        },
        conclude: () => Promise.resolve(),
      };
      return Promise.resolve({ prepare: () => Promise.resolve(attempt), cleanUp: () => Promise.resolve() });
    },
  };
  return { scenario, order };
}

const target = (name: string) => ({ name, connection: fakeConnection(), image: name });
const compare = (options: Partial<CompareOptions> = {}) =>
  runCompare({
    targets: [target("runc"), target("crun"), target("runsc")],
    scenarios: [turns().scenario],
    samples: 12,
    warmup: 0,
    seed: 7,
    ...options,
  });

describe("runCompare", function () {
  // Each target's calibration makes some thousand calls.
  this.timeout(60_000);

  it("gives every target one turn per round, in orders that differ and that the seed repeats", async () => {
    const orderOf = async (seed: number) => {
      const { scenario, order } = turns();
      await compare({ scenarios: [scenario], seed });
      return order;
    };
    const order = await orderOf(7);
    const rounds = Array.from({ length: 12 }, (_, round) => order.slice(3 * round, 3 * round + 3));
    for (const round of rounds) expect([...round].sort()).to.deep.equal(["crun", "runc", "runsc"]);
    expect(new Set(rounds.map((round) => round.join())).size).to.be.above(2);
    expect(await orderOf(7)).to.deep.equal(order);
    expect(await orderOf(8)).to.not.deep.equal(order);
  });

  it("gives a target under load a turn of several attempts", async () => {
    const { scenario, order } = turns();
    const shape = { kind: "parallel" as const, concurrency: 2 };
    const result = await compare({ scenarios: [scenario], shape, samples: 20, targets: [target("a"), target("b")] });
    // Turns of 8, 8 and 4 attempts: within each the target is the same.
    const runs = order.join("").match(/a+|b+/g)!;
    expect(order).to.have.lengthOf(40);
    expect(runs.every((run) => run.length >= 4)).to.equal(true);
    expect(result.targets.map(({ result: { scenarios } }) => scenarios[0]!.attempts)).to.deep.equal([20, 20]);
    expect(result.comparisons[0]!.metrics[0]!.samples).to.deep.equal({ a: 20, b: 20 });
  });

  it("holds every target to the thresholds, and the relative ones to the first target", async () => {
    const thresholds = ["turns.samples == 12", "turns.p50 <= baseline + 1000000%"].map(parseThreshold);
    const { targets } = await compare({ thresholds });
    expect(targets.map(({ result }) => result.thresholds.map(({ state }) => state))).to.deep.equal([
      ["met"],
      ["met", "met"],
      ["met", "met"],
    ]);
  });

  it("compares each target with the first, and writes it all", async () => {
    await using folder = await createTempFolder("test");
    const result = await compare({ reportDir: folder.path });
    expect(result.state).to.equal("completed");
    expect(result.comparisons.map(({ a, b, interleaved }) => [a, b, interleaved])).to.deep.equal([
      ["runc", "crun", true],
      ["runc", "runsc", true],
    ]);
    const [metric] = result.comparisons[0]!.metrics;
    expect(metric).to.include({ metric: "turns.total", unit: "ns" });
    expect(metric!.samples).to.deep.equal({ a: 12, b: 12 });
    expect(JSON.parse(readFileSync(join(folder.path, "compare.json"), "utf8"))).to.deep.equal(
      JSON.parse(JSON.stringify(result)),
    );
    for (const { name } of result.targets) {
      expect(existsSync(join(folder.path, name, "bench.json"))).to.equal(true);
      expect(existsSync(join(folder.path, name, "turns.total.hlog"))).to.equal(true);
    }
  });

  it("carries on with the other targets when one keeps failing", async () => {
    const { scenario, order } = turns((image) => {
      if (image === "crun") throw new Error("no such runtime");
    });
    const result = await compare({ scenarios: [scenario], samples: 20 });
    const turnsOf = (name: string) => order.filter((image) => image === name).length;
    expect([turnsOf("runc"), turnsOf("crun"), turnsOf("runsc")]).to.deep.equal([20, 10, 20]);
    expect(result.state).to.equal("failed");
    expect(result.comparisons.map(({ b, metrics }) => [b, metrics.length])).to.deep.equal([
      ["crun", 0],
      ["runsc", 1],
    ]);
    expect(formatCompareTable(result)).to.include("crun: turns failed: 10 iterations in a row failed");
  });

  it("pairs the rounds in which both sides succeeded", async () => {
    let failures = 0;
    const { scenario } = turns((image) => {
      if (image === "crun" && ++failures % 3 === 0) throw new Error("flaky");
    });
    const { comparisons } = await compare({ scenarios: [scenario], targets: [target("runc"), target("crun")] });
    expect(comparisons[0]!.metrics[0]!.samples).to.deep.equal({ a: 8, b: 8 });
  });

  it("stops when interrupted and returns what it has", async () => {
    const controller = new AbortController();
    const { scenario } = turns((_image, turn) => {
      if (turn === 7) controller.abort(new Error("Ctrl-C"));
    });
    const result = await compare({ scenarios: [scenario], samples: 1000, signal: controller.signal });
    expect(result.state).to.equal("interrupted");
    expect(result.targets[0]!.result.scenarios[0]!.attempts).to.be.within(2, 3);
  });

  it("compares with a result from a file, and says that it was measured at another time", async () => {
    const baseline = await runBench({ ...target("x"), scenarios: [turns().scenario], samples: 15, warmup: 0 });
    const result = await compare({ targets: [target("runc")], baseline });
    expect(result.targets.map(({ name, source }) => [name, source])).to.deep.equal([
      ["baseline", "baseline"],
      ["runc", "measured"],
    ]);
    expect(result.comparisons[0]).to.include({ a: "baseline", b: "runc", interleaved: false });
    const [metric] = result.comparisons[0]!.metrics;
    expect(metric!.test.name).to.equal("mannWhitney");
    expect(metric!.samples).to.deep.equal({ a: 15, b: 12 });
    expect(formatCompareTable(result)).to.include("measured at different times");
  });

  it("compares costs by their values per pod, without pairing them", async () => {
    const cost: CostScenario = {
      name: "cost",
      title: "memory",
      method: "made up",
      observe: ({ image }) =>
        Promise.resolve([
          {
            metric: "memory",
            unit: "bytes",
            values: Array.from({ length: 12 }, (_, pod) => (image === "runc" ? 4_000_000 : 30_000_000) + pod),
          },
          { metric: "cpuStart", unit: "ns", values: [image.length] },
        ]),
    };
    const { comparisons } = await compare({ scenarios: [cost], targets: [target("runc"), target("runsc")] });
    expect(comparisons[0]!.metrics.map(({ metric, verdict }) => [metric, verdict])).to.deep.equal([
      ["cost.memory", "larger"],
    ]);
  });

  it("shows claims first", () => {
    const metric = (name: string, verdict: string) => ({
      metric: name,
      unit: "ns",
      medians: { a: 1e6, b: 2e6 },
      difference: { value: 1e6, low: 9e5, high: 1.1e6 },
      adjustedP: 0.00001,
      cliffsDelta: 1,
      verdict,
    });
    const table = formatCompareTable({
      targets: [],
      rules: { significance: 0.05, noiseThreshold: 0.02 },
      comparisons: [
        { a: "x", b: "y", interleaved: true, metrics: [metric("first", "notEnoughData"), metric("second", "slower")] },
      ],
    } as unknown as CompareResult);
    expect(table.indexOf("second")).to.be.below(table.indexOf("first"));
    expect(table).to.match(/second +1ms +2ms +- +1ms \[900us, 1\.1ms\] +<0\.0001 +1\.00 +slower/);
  });

  const refused: [string, string[], string][] = [
    ["a single target", ["runc"], "1 targets cannot be compared"],
    ["a name twice", ["runc", "runc"], '"runc" is taken'],
    ["a name that is no file name", ["runc", "../x"], '"../x"'],
  ];
  for (const [what, names, message] of refused) {
    it(`refuses ${what}`, async () => {
      const error = await compare({ targets: names.map(target) }).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(CompareTargetsError);
      expect((error as Error).message)
        .to.include(message)
        .and.to.include("for example");
    });
  }
});
