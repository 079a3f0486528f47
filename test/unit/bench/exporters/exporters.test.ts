import { expect } from "chai";
import { before, describe, it } from "mocha";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  parseThreshold,
  runBench,
  runCompare,
  type BenchResult,
  type CompareResult,
} from "../../../../src/bench/index.js";
import { COMPARE_EXPORTERS } from "../../../../src/bench/exporters/compare-exporters.js";
import { BENCH_EXPORTERS } from "../../../../src/bench/exporters/index.js";
import { createTempFolder } from "../../../../src/support/temp-folder.js";
import { fakeConnection } from "../fake-connection.js";
import { fakeScenario } from "../fake-scenario.js";

const target = { connection: fakeConnection(), image: "none" };

describe("exporters", function () {
  // Each calibration makes some thousand calls.
  this.timeout(60_000);
  let result: BenchResult;
  let comparison: CompareResult;

  before(async () => {
    const thresholds = [parseThreshold("fake.total.p99 < 1ns"), parseThreshold("fake.errors == 0")];
    result = await runBench({ ...target, scenarios: [fakeScenario().scenario], samples: 30, warmup: 3, thresholds });
    comparison = await runCompare({
      targets: [
        { ...target, name: "runc" },
        { ...target, name: "crun" },
      ],
      scenarios: [fakeScenario().scenario],
      samples: 12,
      warmup: 0,
    });
  });

  const render = (fileName: string, of: BenchResult = result): string =>
    BENCH_EXPORTERS.find((exporter) => exporter.fileName === fileName)!.render(of);
  const renderComparison = (fileName: string): string =>
    COMPARE_EXPORTERS.find((exporter) => exporter.fileName === fileName)!.render(comparison);

  it("write one CSV line per metric, with the figures of bench.json", () => {
    const [header, ...rows] = render("bench.csv").trimEnd().split("\r\n");
    const columns = header!.split(",");
    expect(rows.map((row) => row.split(",")[0])).to.deep.equal(result.metrics.map(({ name }) => name));
    const total = rows.find((row) => row.startsWith("fake.total,"))!.split(",");
    const metric = result.metrics.find(({ name }) => name === "fake.total")! as unknown as Record<string, number>;
    for (const key of ["sampleCount", "p50", "p99.9", "mean"]) {
      expect(Number(total[columns.indexOf(key)]), key).to.equal(metric[key]);
    }
  });

  it("leave the cells of a metric without values empty", () => {
    const empty = { ...result.metrics[1]!, state: "empty" } as BenchResult["metrics"][number];
    const cells = render("bench.csv", { ...result, metrics: [empty] })
      .split("\r\n")[1]!
      .split(",");
    expect(cells.slice(7).join("")).to.equal("");
  });

  it("write OpenMetrics in base units, each sample once, with an end", () => {
    const lines = render("bench.prom").trimEnd().split("\n");
    expect(lines.at(-1)).to.equal("# EOF");
    const samples = lines.filter((line) => !line.startsWith("#"));
    const keys = samples.map((line) => line.replace(/ [^ ]+$/, ""));
    expect(new Set(keys).size).to.equal(keys.length);
    for (const sample of samples) expect(sample).to.match(/^critique_[a-z_]+\{([a-z_]+="[^"\n]*",?)+\} [0-9.e+-]+$/);
    const count = samples.find(
      (line) => line.startsWith("critique_duration_seconds_count") && line.includes('phase="total"'),
    );
    expect(count).to.match(/ 30$/);
  });

  it("tell of missed thresholds before the table", () => {
    const markdown = render("summary.md");
    expect(markdown.indexOf("Thresholds not met")).to.be.within(0, markdown.indexOf("## Metrics"));
    expect(markdown).to.match(/fake.total.p99 is not/);
    expect(render("report.html")).to.include("1 of 2 thresholds are not met");
  });

  it("draw every kind of picture, and need nothing from elsewhere", () => {
    const html = render("report.html");
    for (const title of ["Percentiles", "Distribution of the total", "Phases", "Samples over time"]) {
      expect(html).to.include(`<strong>${title}</strong>`);
    }
    expect(html.match(/<svg role="img" aria-label="/g)).to.have.lengthOf(4);
    expect(html).not.to.match(/<script|(?:src|href)="(?!data:)/);
    expect(html).not.to.include("NaN");
    // Its policy allows one style sheet, and no style in an element.
    expect(html.match(/<style/g)).to.have.lengthOf(1);
    expect(html).not.to.include(" style=");
  });

  it("draw what the cost grows like", () => {
    const sized = [10, 100].flatMap((size) =>
      result.metrics
        .filter(({ scenario }) => scenario === "fake")
        .map((metric) => ({ ...metric, scenario: `list-${size}`, name: `list-${size}.${metric.phase}` })),
    );
    expect(render("report.html", { ...result, metrics: sized })).to.include("list: growth");
  });

  it("show harmlessly what a runtime calls itself", () => {
    const runtime = { ...result.target.runtime, name: "<img src=x onerror=alert(1)>", version: '"\n\\|`' };
    const hostile = { ...result, target: { ...result.target, runtime } };
    expect(render("report.html", hostile)).not.to.include("<img");
    expect(render("summary.md", hostile)).not.to.include("<img");
    expect(render("bench.prom", hostile)).to.include('runtime_version="\\"\\n\\\\|`"');
  });

  it("write a comparison as CSV, Markdown and pictures", () => {
    const rows = renderComparison("compare.csv").trimEnd().split("\r\n");
    expect(rows).to.have.lengthOf(1 + comparison.comparisons[0]!.metrics.length);
    expect(renderComparison("summary.md")).to.include("## crun against runc");
    const html = renderComparison("report.html");
    expect(html).to.include("Ratio of crun to runc").and.to.include("fake: percentiles");
    expect(html).not.to.include("NaN");
  });

  it("leave their files in the report folder", async () => {
    await using folder = await createTempFolder("test");
    const reportDir = folder.path;
    await runBench({
      ...target,
      scenarios: [fakeScenario().scenario],
      samples: 5,
      warmup: 0,
      reportDir,
      reportPrefix: "a-",
    });
    for (const { fileName } of BENCH_EXPORTERS)
      expect(existsSync(join(reportDir, `a-${fileName}`)), fileName).to.equal(true);
    expect(readFileSync(join(reportDir, "a-bench.csv"), "utf8")).to.include("fake.total,fake,total,ns,5,0,0,");
  });
});
