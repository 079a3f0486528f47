import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";

import type { RunResults } from "../../src/report/model.js";
import { createTempFolder, type TempFolder } from "../../src/support/temp-folder.js";
import { startFakeRuntime, type Answers, type FakeRuntime } from "../support/fake-runtime.js";
import { runCritique, type CritiqueOptions } from "./run-critique.js";

const IDS = ["RTI-001", "SBX-004", "SBX-005", "SBX-008"];

describe("critique run --resume", () => {
  let folder: TempFolder;
  let reports: string;
  let runtime: FakeRuntime;

  beforeEach(async () => {
    folder = await createTempFolder("cli-resume");
    reports = join(folder.path, "out");
    runtime = await startFakeRuntime();
  });
  afterEach(async () => {
    await runtime.close();
    await folder.remove();
  });

  async function answer(answers: Answers): Promise<void> {
    const { socketPath } = runtime;
    await runtime.close();
    runtime = await startFakeRuntime(answers, socketPath);
  }
  const results = async () => JSON.parse(await readFile(join(reports, "results.json"), "utf8")) as RunResults;
  const resume = (more: string[] = []) => runCritique(["run", "--resume", reports, "--parallel", "1", ...more]);

  /** A run that ends by a signal as soon as its second pod is asked for. */
  async function interrupted(signal: NodeJS.Signals, begin: readonly string[] = IDS): Promise<void> {
    const ask = { second: () => undefined as void };
    let pods = 0;
    await answer({
      runPodSandbox: () => {
        if (++pods > 1) ask.second();
        return pods > 1 ? new Promise<never>(() => undefined) : Promise.reject(new Error("no network"));
      },
    });
    const options: CritiqueOptions = { onStderr: (_text, child) => (ask.second = () => void child.kill(signal)) };
    const given = ["-r", runtime.socketPath, "--ids", begin.join(), "--report-dir", reports, "--parallel", "1"];
    await runCritique(["run", ...given], options);
    await answer({});
  }

  for (const signal of ["SIGINT", "SIGKILL"] as const) {
    it(`keeps the outcomes and runs the rest in the same folder after ${signal}`, async () => {
      await interrupted(signal);
      const log = await readFile(join(reports, "events.ndjson"), "utf8");
      const before = log.split("\n").filter((line) => /"specEnded".*"(ok|mismatch)"/.test(line));
      expect(before).not.to.be.empty;

      const end = await resume();
      expect(end.code, end.stderr).to.equal(1);
      const after = await results();
      expect(after.counts).to.include({ notRun: 0, broken: 0 });
      expect(after.specs.map(({ id }) => id)).to.have.members(IDS);
      expect(after.end).to.include({ how: "completed" });
      expect(await readFile(join(reports, "events.ndjson"), "utf8")).to.include(before[0]);
      // The pod that was refused stays refused: an outcome is an outcome.
      expect(after.specs.filter(({ reason }) => reason.includes("no network"))).to.have.lengthOf(1);
      expect((await runCritique(["report", reports])).code).to.equal(0);
      expect((await results()).counts).to.deep.equal(after.counts);
    });
  }

  it("cuts off a line that was being written, and goes on without it", async () => {
    await interrupted("SIGKILL");
    await appendFile(join(reports, "events.ndjson"), '{"type":"specEnded","id":"SBX');
    const end = await resume();
    expect(end.code, end.stderr).to.equal(1);
    expect((await runCritique(["report", reports])).code).to.equal(0);
  });

  it("refuses another runtime, other specs, and a folder without a run", async () => {
    await interrupted("SIGINT");
    await answer({ version: () => ({ runtimeName: "other", runtimeVersion: "2", runtimeApiVersion: "v1" }) });
    const other = await resume();
    expect(other.code).to.equal(2);
    expect(other.stderr).to.include("the run was of fake 1.0.0, and other 2 answers here");
    expect((await resume(["--ids", "SBX-001"])).stderr).to.include("--ids does not go with --resume");
    expect((await runCritique(["run", "--resume", folder.path])).code).to.equal(2);
  });
});
