import { expect } from "chai";
import { describe, it } from "mocha";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  formatBenchTable,
  parseThreshold,
  ReportFolderError,
  runBench,
  ThresholdError,
  type BenchOptions,
  type BenchResult,
} from "../../../src/bench/index.js";
import { decodeHistogram } from "../../../src/bench/core/histogram.js";
import { createTempFolder } from "../../../src/support/temp-folder.js";
import { fakeConnection } from "./fake-connection.js";
import { fail, fakeScenario } from "./fake-scenario.js";

const bench = (options: Partial<BenchOptions> = {}) =>
  runBench({
    connection: fakeConnection(),
    image: "busybox",
    scenarios: [fakeScenario().scenario],
    samples: 5,
    warmup: 1,
    ...options,
  });
const named = (name: string, iterationAt?: Parameters<typeof fakeScenario>[0]) => ({
  ...fakeScenario(iterationAt).scenario,
  name,
});

describe("runBench", function () {
  // The calibration makes some thousand calls.
  this.timeout(20_000);

  it("writes a result and two histogram files per metric that hold the same samples", async () => {
    await using folder = await createTempFolder("test");
    const result = await bench({ reportDir: folder.path });
    expect(result.state).to.equal("completed");
    expect(JSON.parse(readFileSync(join(folder.path, "bench.json"), "utf8"))).to.deep.equal(
      JSON.parse(JSON.stringify(result)),
    );
    for (const metric of result.metrics) {
      expect(metric.state).to.equal("measured");
      const hlog = readFileSync(join(folder.path, `${metric.name}.hlog`), "utf8");
      const histogram = decodeHistogram(hlog.trimEnd().split(",").at(-1)!);
      expect(histogram.totalCount).to.equal(metric.sampleCount);
      expect(readFileSync(join(folder.path, `${metric.name}.hgrm`), "utf8")).to.include("TotalCount");
    }
    const files = result.metrics.flatMap(({ name }) => [`${name}.hgrm`, `${name}.hlog`]);
    expect(readdirSync(folder.path).sort()).to.include.members(["bench.json", ...files]);
  });

  it("records the metrics, the floor, the target and the host", async () => {
    const result = await bench({ handler: "runc" });
    expect(result.metrics.map(({ name }) => name)).to.deep.equal([
      "calibration.version",
      "fake.first",
      "fake.second",
      "fake.total",
    ]);
    const total = result.metrics.at(-1)!;
    expect(total).to.include({ unit: "ns", sampleCount: 5, warmupCount: 1, errors: 0, state: "measured" });
    expect(total).to.include.all.keys("min", "mean", "max", "p50", "p90", "p99", "p99.9", "stddev", "samples");
    expect(result.target).to.deep.include({ endpoint: "unix:///run/fake.sock", handler: "runc", image: "busybox" });
    expect(result.target.runtime).to.deep.include({ name: "fake", version: "1.2.3" });
    expect(result.environment.kernel).to.not.equal("");
    expect(result.calibration.clock.resolutionNs).to.be.above(0);
  });

  it("has the results of the scenarios so far on disk while the next one runs", async () => {
    await using folder = await createTempFolder("test");
    const path = join(folder.path, "bench.json");
    let seen: BenchResult | undefined;
    const look = () => void (seen ??= JSON.parse(readFileSync(path, "utf8")) as BenchResult);
    await bench({
      scenarios: [named("one"), named("two", () => ({ first: look }))],
      reportDir: folder.path,
    });
    expect(seen?.state).to.equal("running");
    expect(seen?.scenarios.map(({ name }) => name)).to.deep.equal(["one"]);
    expect(existsSync(join(folder.path, "one.total.hlog"))).to.equal(true);
  });

  it("returns what it has when interrupted", async () => {
    const controller = new AbortController();
    const abortAt = (index: number) => (index === 3 ? { first: () => controller.abort(new Error("Ctrl-C")) } : {});
    const result = await bench({
      scenarios: [named("one", abortAt), named("two")],
      samples: 100,
      signal: controller.signal,
    });
    expect(result.state).to.equal("interrupted");
    expect(result.scenarios.map(({ name, attempts }) => [name, attempts])).to.deep.equal([["one", 2]]);
  });

  it("counts errors, warns of them, and carries on with the next scenario when one failed", async () => {
    const result = await bench({ scenarios: [named("broken", () => ({ first: fail("no disk") })), named("good")] });
    expect(result.state).to.equal("failed");
    expect(result.metrics.find(({ name }) => name === "good.total")).to.include({ sampleCount: 5 });
    expect(result.warnings).to.deep.include.members([
      {
        kind: "errors",
        subject: "broken",
        message: "6 errors, the first in phase first: no disk",
        advice: "latencies hold successful attempts only: do not compare them without the errors",
      },
    ]);
    expect(result.metrics.find(({ name }) => name === "broken.total")).to.include({ state: "empty", errors: 5 });
  });

  it("evaluates thresholds against this run and a baseline", async () => {
    const thresholds = ["fake.p50 < 1h", "fake.total.max < 1ns", "fake.p50 < baseline + 10%"].map(parseThreshold);
    const baseline = await bench();
    const metrics = baseline.metrics.filter(({ name }) => name !== "fake.total");
    const { thresholds: results } = await bench({ thresholds, baseline: { ...baseline, metrics } });
    expect(results.map(({ state }) => state)).to.deep.equal(["met", "missed", "unknown"]);
  });

  it("shows every metric in the table, and marks percentiles that are only the largest value", async () => {
    const result = await bench({ thresholds: [parseThreshold("fake.total.max < 1ns")] });
    const table = formatBenchTable(result);
    expect(table).to.match(/^fake\.total +5 +0 .* ~/m);
    expect(table).to.match(/^threshold missed +fake\.total\.max is not < 1ns: seen /m);
    expect(table).to.match(/^warning +fake: 5 samples cannot tell p90 and p99 and p99\.9 from the largest value/m);
    expect(table).to.not.match(/^calibration\.version .*~/m);
  });

  it("fails at once when the report folder cannot be written", async () => {
    await using folder = await createTempFolder("test");
    const file = join(folder.path, "file");
    writeFileSync(file, "");
    const error = await bench({ reportDir: join(file, "reports") }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(ReportFolderError);
    expect((error as Error).message).to.include("--report-dir");
  });

  it("refuses options that make no sense, in one sentence with an example", async () => {
    const refusal = (options: Partial<BenchOptions>) =>
      bench(options).then(
        () => "accepted",
        (error: unknown) => (error as Error).message,
      );
    expect(await refusal({ samples: 0 }))
      .to.include("0 samples cannot be taken")
      .and.to.include("example");
    expect(await refusal({ warmup: 1.5 })).to.include("1.5 is no number of warm-up iterations");
    expect(await refusal({ scenarios: [] })).to.include("No scenario is chosen");
    const thresholds = [parseThreshold("fake.p50 < baseline")];
    expect(await refusal({ thresholds })).to.include("--baseline");
    expect(await bench({ thresholds }).catch((error: unknown) => error)).to.be.instanceOf(ThresholdError);
  });
});
