import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { after, before, describe, it } from "mocha";

import { runBench } from "../../src/bench/index.js";
import { createTempFolder, type TempFolder } from "../../src/support/temp-folder.js";
import { startFakeRuntime } from "../support/fake-runtime.js";
import { fakeConnection } from "../unit/bench/fake-connection.js";
import { fakeScenario } from "../unit/bench/fake-scenario.js";
import { runCritique } from "./run-critique.js";

describe("benchmarks in the report of a run", function () {
  // The calibration makes some thousand calls.
  this.timeout(120_000);
  let folder: TempFolder;
  let measured: string;

  before(async () => {
    folder = await createTempFolder("cli-bench");
    measured = join(folder.path, "measured");
    const scenarios = [fakeScenario().scenario];
    await runBench({
      connection: fakeConnection(),
      image: "none",
      scenarios,
      samples: 10,
      warmup: 0,
      reportDir: measured,
    });
  });
  after(() => folder?.remove());

  const reportIn = (reports: string) => readFile(join(reports, "report.html"), "utf8");

  it("are those that --bench names, or those in the run's folder", async () => {
    const reports = join(folder.path, "named");
    const runtime = await startFakeRuntime();
    try {
      const args = ["-r", runtime.socketPath, "--ids", "SBX-004", "--report-dir", reports];
      const end = await runCritique(["run", ...args, "--bench", join(measured, "bench.json")]);
      expect(end.code, end.stderr).to.equal(0);
    } finally {
      await runtime.close();
    }
    expect(await reportIn(reports)).to.contain("<strong>Percentiles</strong>");

    expect((await runCritique(["report", reports])).code).to.equal(0);
    expect(await reportIn(reports)).not.to.contain("<strong>Percentiles</strong>");
    expect((await runCritique(["report", reports, "--bench", measured])).code).to.equal(0);
    expect(await reportIn(reports)).to.contain("<strong>Percentiles</strong>");

    await mkdir(join(reports, "bench"));
    await writeFile(join(reports, "bench", "bench.json"), await readFile(join(measured, "bench.json")));
    expect((await runCritique(["report", reports])).code).to.equal(0);
    expect(await reportIn(reports)).to.contain("<strong>Percentiles</strong>");

    await writeFile(join(reports, "bench", "bench.json"), "{");
    expect((await runCritique(["report", reports])).code).to.equal(0);
    expect(await reportIn(reports)).to.contain("is no bench.json of critique");
  });

  it("are refused before anything runs when they are none", async () => {
    const none = join(folder.path, "none.json");
    await writeFile(none, '{"schema":"critique.dev/bench","metrics":[],"scenarios":7}');
    const end = await runCritique(["run", "-r", "/nonexistent.sock", "--bench", none]);
    expect(end.code).to.equal(2);
    expect(end.stderr).to.match(/--bench: ".*none\.json" cannot be shown/);
    const missing = await runCritique(["run", "-r", "/nonexistent.sock", "--bench", folder.path]);
    expect(missing.code).to.equal(2);
    expect(missing.stderr).to.contain("bench.json");
  });
});
