import { appendFileSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { XMLValidator } from "fast-xml-parser";
import { afterEach, beforeEach, describe, it } from "mocha";

import type { RunResults, Verdict } from "../../src/report/model.js";
import { createTempFolder, type TempFolder } from "../../src/support/temp-folder.js";
import { startFakeRuntime, type Answers, type FakeRuntime } from "../support/fake-runtime.js";
import { runCritique, signalAt, type CritiqueOptions } from "./run-critique.js";

/** Specs that the fake runtime satisfies, does not satisfy, and has not the means for. */
const PASSING = ["SBX-004", "SBX-005"];
const FAILING = "SBX-008";
const BREAKING = "SBX-006";

describe("critique run", () => {
  let folder: TempFolder;
  let reports: string;
  let runtime: FakeRuntime;

  beforeEach(async () => {
    folder = await createTempFolder("cli-run");
    reports = join(folder.path, "out");
    runtime = await startFakeRuntime();
  });
  afterEach(async () => {
    await runtime.close();
    await folder.remove();
  });

  async function restart(answers: Answers): Promise<void> {
    await runtime.close();
    runtime = await startFakeRuntime(answers);
  }
  /** One spec after the other: the fake runtime ignores filters, so that specs side by side would see each other's pods. */
  const run = (ids: string, more: string[] = [], options: CritiqueOptions = {}) => {
    const given = ["-r", runtime.socketPath, "--ids", ids, "--report-dir", reports, "--parallel", "1"];
    return runCritique(["run", ...given, ...more], options);
  };
  const results = async (from = reports): Promise<RunResults> =>
    JSON.parse(await readFile(join(from, "results.json"), "utf8")) as RunResults;
  const verdicts = async (from = reports): Promise<[string, Verdict][]> =>
    (await results(from)).specs.map(({ id, verdict }) => [id, verdict]);

  it("ends with 0 when everything is as expected, and writes the reports", async () => {
    const { code, stdout, stderr } = await run(PASSING.join(","));
    expect(code, stderr).to.equal(0);
    expect(stdout).to.include("fake 1.0.0 behaved as expected: 2 specs passed.");
    expect(stderr).to.include(`endpoint: unix://${runtime.socketPath} (from -`);
    expect(await readdir(reports)).to.include.members(["events.ndjson", "results.json", "junit.xml", "summary.md"]);
    expect(await verdicts()).to.have.deep.members(PASSING.map((id) => [id, "passed"]));
    expect((await results()).run).to.deep.include({ endpointSource: "--runtime-endpoint", handler: "", parallel: 1 });
    expect(runtime.sandboxes.size).to.equal(0);
  });

  it("ends with 1 when the runtime misbehaved", async () => {
    const { code, stdout } = await run(`${FAILING},${PASSING[0]}`);
    expect(code).to.equal(1);
    expect(stdout).to.include(FAILING).and.include("did not behave as expected");
  });

  it("ends with 3 when the environment broke, and never excuses that", async () => {
    const list = join(folder.path, "known.txt");
    await writeFile(list, `# reason\n${BREAKING}\n`);
    expect((await run(BREAKING, ["--expectations", list])).code).to.equal(3);
    expect(await verdicts()).to.deep.equal([[BREAKING, "broken"]]);
  });

  it("ends with 3 when the runtime is lost, with every spec accounted for", async () => {
    await restart({
      runPodSandbox: () => {
        runtime.crash();
        throw new Error("crashed");
      },
    });
    const { code, stdout } = await run("SBX-004,SBX-005,SBX-001");
    expect(code).to.equal(3);
    expect(stdout).to.include("The runtime was lost");
    const seen = (await verdicts()).map(([, verdict]) => verdict);
    expect(seen).to.have.lengthOf(3);
    expect(new Set(seen)).to.deep.equal(new Set(["broken", "notRun"]));
    expect(await readdir(reports)).to.include.members(["events.ndjson", "junit.xml", "summary.md"]);
  });

  it("ends with 130 when it is interrupted, with the reports so far", async () => {
    await restart({ runPodSandbox: () => new Promise<never>(() => undefined) });
    const { code, stdout, stderr } = await run("SBX-004,SBX-005", [], { onStderr: signalAt(/seed \d+/, "SIGINT") });
    expect(code, stderr).to.equal(130);
    expect(stderr).to.include("SIGINT received: stopping and cleaning up");
    expect(stdout).to.include("The run was interrupted");
    expect(await verdicts()).to.have.deep.members([
      ["SBX-004", "notRun"],
      ["SBX-005", "notRun"],
    ]);
  });

  it("ends at once at the second signal", async () => {
    let isAsked = false;
    await restart({
      runPodSandbox: () => {
        isAsked = true;
        return new Promise<never>(() => undefined);
      },
      // Clean-up looks for strays, and hangs as well.
      listPodSandbox: () => (isAsked ? new Promise<never>(() => undefined) : {}),
    });
    const first = signalAt(/seed \d+/, "SIGINT");
    const second = signalAt(/SIGINT received/, "SIGTERM");
    const { code } = await run("SBX-004", [], {
      onStderr: (stderr, child) => {
        first(stderr, child);
        second(stderr, child);
      },
    });
    expect(code).to.equal(130);
  });

  it("leaves a log that reports can be made from when it is killed", async () => {
    await restart({ runPodSandbox: () => new Promise<never>(() => undefined) });
    await run("SBX-004,SBX-005", [], { onStderr: signalAt(/seed \d+/, "SIGKILL") });
    const end = await runCritique(["report", reports]);
    expect(end.code, end.stderr).to.equal(0);
    expect(end.stdout).to.include("died without a word");
    expect((await verdicts()).map(([, verdict]) => verdict)).to.deep.equal(["notRun", "notRun"]);
  });

  it("fails a runtime whose capabilities are not those declared, and the specs that need them", async () => {
    const declaration = join(folder.path, "capabilities.yaml");
    const ids = `${PASSING[0]},RTI-007`;
    const withFile = () => run(ids, ["--capabilities", declaration]);
    await writeFile(declaration, "lacks:\n  unsupported:\n    runtime-config: not there\n");
    expect((await withFile()).code).to.equal(0);
    expect(await verdicts()).to.deep.include(["RTI-007", "notApplicable"]);

    await writeFile(declaration, "has:\n  - runtime-config\n");
    const { code, stdout } = await withFile();
    expect(code).to.equal(1);
    expect(stdout).to.match(/did not behave as expected:.*1\s+finding\s+outside\s+any\s+spec/s);
    expect(await verdicts()).to.deep.include(["RTI-007", "failed"]);
    const [finding] = (await results()).findings;
    expect(finding?.details).to.deep.equal([
      `runtime-config: declared present (${declaration}:2), probed missing: RuntimeConfig answered Unimplemented`,
    ]);

    await writeFile(declaration, "lacks:\n  default:\n    no-such: off\n");
    expect(await withFile()).to.deep.include({ code: 2 });
  });

  it("expects known failures to fail", async () => {
    const list = join(folder.path, "known.txt");
    await writeFile(list, `# lists everything\n# https://example.com/1\n${FAILING}\n`);
    const { code, stdout } = await run(`${FAILING},${PASSING[0]}`, ["--expectations", list]);
    expect(code).to.equal(0);
    expect(stdout).to.include("1 failed as known");
    expect((await results()).specs.find(({ id }) => id === FAILING)).to.deep.include({ asExpected: true });

    await writeFile(list, `# it passes\n${PASSING[0]}\n`);
    const unexpected = await run(PASSING.join(","), ["--expectations", list]);
    expect(unexpected.code).to.equal(1);
    expect(unexpected.stdout).to.include(`remove ${PASSING[0]} from the known failures (${list}:2)`);
  });

  it("runs again only what was not as expected", async () => {
    const earlier = join(folder.path, "earlier");
    expect((await run(`${PASSING.join(",")},${FAILING}`, ["--report-dir", earlier])).code).to.equal(1);
    const again = await runCritique([
      ...["run", "-r", runtime.socketPath, "--rerun-failed", earlier, "--report-dir", reports, "--parallel", "1"],
    ]);
    expect(again.code, again.stderr).to.equal(1);
    expect(await verdicts()).to.deep.equal([[FAILING, "failed"]]);

    expect((await run(PASSING.join(","), ["--report-dir", earlier])).code).to.equal(0);
    const nothing = await runCritique(["run", "-r", runtime.socketPath, `--rerun-failed=${earlier}`]);
    expect(nothing.code).to.equal(2);
    expect(nothing.stderr).to.include("was as expected; there is nothing to run again");
  });

  it("writes junit.xml for the reader that the options name, and a valid one when it is interrupted", async () => {
    await run(`${BREAKING},${FAILING}`, ["--junit-errors", "failure", "--junit-properties"]);
    const junit = () => readFile(join(reports, "junit.xml"), "utf8");
    const forTestGrid = await junit();
    expect(XMLValidator.validate(forTestGrid)).to.equal(true);
    expect(forTestGrid).to.not.include("<error");
    expect(forTestGrid.match(/<failure /g)).to.have.lengthOf(2);
    expect(forTestGrid.match(/<property name="id"/g)).to.have.lengthOf(2);
    expect((await runCritique(["report", reports, "--quiet"])).code).to.equal(0);
    expect(await junit())
      .to.include("<error")
      .and.not.include('<property name="id"');

    await restart({ runPodSandbox: () => new Promise<never>(() => undefined) });
    await run("SBX-004,SBX-005", [], { onStderr: signalAt(/seed \d+/, "SIGINT") });
    const interrupted = await junit();
    expect(XMLValidator.validate(interrupted)).to.equal(true);
    expect(interrupted).to.match(/<testsuites [^>]*tests="2"[^>]*errors="2"/);
  });

  it("shows what the runtime logged while a spec failed, with its secrets left out", async () => {
    const log = join(folder.path, "runtime.log");
    await writeFile(log, "long before\n");
    await restart({
      removePodSandbox: () => {
        appendFileSync(log, 'level=warning msg="cannot \u001b[31mremove <b>" password=hunter2 token: abc\n');
        return {};
      },
    });
    await run(`${FAILING},${PASSING[0]}`, ["--runtime-log", log]);
    for (const name of ["report.html", "junit.xml", "results.json", "events.ndjson"]) {
      const text = await readFile(join(reports, name), "utf8");
      expect(text, name).to.include("cannot").and.to.include("REDACTED");
      expect(text, name).to.not.match(/long before|hunter2|abc\\n|\u001b/);
    }
  });

  it("takes everything from a configuration file", async () => {
    const file = join(folder.path, "critique.yaml");
    await writeFile(
      file,
      `runtime-endpoint: ${runtime.socketPath}\nids: [RTI-001, SBX-004]\nreport-dir: ${reports}\nparallel: 2\nquiet: true\n`,
    );
    const { code, stderr } = await runCritique(["run", "--config", file]);
    expect(code).to.equal(0);
    expect(stderr).to.equal("");
    expect((await results()).run).to.deep.include({ parallel: 2, endpointSource: `${file}:1` });
  });

  it("writes results as JSON to stdout, and nothing else there", async () => {
    const { stdout } = await run(`${FAILING},${PASSING[0]}`, ["--json"]);
    const { counts } = JSON.parse(stdout) as RunResults;
    expect(counts).to.deep.include({ failed: 1, passed: 1 });
  });

  it("refuses an unknown handler before anything else happens", async () => {
    await restart({ status: () => ({ runtimeHandlers: [{ name: "runc" }] as never }) });
    const { code, stderr } = await run(PASSING[0]!, ["--runtime-handler", "kata"]);
    expect(code).to.equal(2);
    expect(stderr).to.include('The runtime has no handler "kata"').and.include("It has runc");
    expect(await readdir(folder.path)).to.deep.equal([]);
  });

  it("can be rendered again and merged from shards with nothing lost", async () => {
    const ids = `${PASSING.join(",")},${FAILING},RTI-001`;
    const shards = [1, 2].map((index) => join(folder.path, `shard-${index}`));
    for (const [at, dir] of shards.entries()) {
      await run(ids, ["--shard", `${at + 1}/2`, "--report-dir", dir]);
    }
    const merged = join(folder.path, "merged");
    const end = await runCritique(["report", "merge", ...shards, "--report-dir", merged]);
    expect(end.code, end.stderr).to.equal(0);
    const parts = [...(await verdicts(shards[0])), ...(await verdicts(shards[1]))];
    expect(await verdicts(merged))
      .to.have.deep.members(parts)
      .and.to.have.lengthOf(4);

    const copy = join(folder.path, "copy");
    expect((await runCritique(["report", merged, "--report-dir", copy, "--formats", "all"])).code).to.equal(0);
    for (const name of ["results.json", "junit.xml", "summary.md", "events.ndjson"]) {
      expect(await readFile(join(copy, name), "utf8")).to.equal(await readFile(join(merged, name), "utf8"));
    }

    const partial = await runCritique([
      "report",
      "merge",
      shards[0]!,
      join(folder.path, "copy"),
      "--report-dir",
      reports,
    ]);
    expect(partial.code).to.equal(2);
    expect(partial.stderr).to.match(/is both in .*shard-1 and in .*copy/);
  });

  it("names a shard that is missing from a merge", async () => {
    const shards = [1, 2].map((index) => join(folder.path, `shard-${index}`));
    for (const [at, dir] of shards.entries()) {
      await run("SBX-001,SBX-004,SBX-005", ["--shard", `${at + 1}/3`, "--report-dir", dir]);
    }
    const end = await runCritique(["report", "merge", ...shards, "--report-dir", join(folder.path, "merged")]);
    expect(end.code).to.equal(3);
    expect(end.stderr).to.include("Shard 3/3 is missing");
  });
});
