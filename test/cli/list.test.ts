import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";
import { createTempFolder, type TempFolder } from "../../src/support/temp-folder.js";
import { startFakeRuntime, type FakeRuntime } from "../support/fake-runtime.js";
import { runCritique } from "./run-critique.js";

interface Listed {
  id: string;
  critest: string[];
  kind: "spec" | "benchmark";
  scenarios?: string[];
}

async function list(...args: string[]): Promise<Listed[]> {
  const { code, stdout, stderr } = await runCritique(["list", "--json", ...args]);
  expect(code, stderr).to.equal(0);
  return JSON.parse(stdout) as Listed[];
}

describe("critique list", () => {
  it("gives every behaviour whole, although a pipe takes only a part at once", async () => {
    const text = await readFile(new URL("../../../fixtures/behaviour-ids.txt", import.meta.url), "utf8");
    const published = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    expect((await list()).map(({ id }) => id)).to.have.members(published);
  });

  it("names the critest specs that a behaviour covers", async () => {
    const [spec] = await list("--ids", "SBX-001");
    expect(spec?.kind).to.equal("spec");
    expect(spec?.critest.join()).to.include("should support running PodSandbox");
  });

  it("shows the behaviours that are measured, with their scenarios", async () => {
    const [measured] = await list("--ids", "CTR-044");
    expect(measured).to.include({ id: "CTR-044", kind: "benchmark" });
    expect(measured?.scenarios).to.deep.equal(["container-lifecycle"]);
    const { stdout } = await runCritique(["list", "--ids", "CTR-044"]);
    expect(stdout).to.include("measured by critique bench --scenario container-lifecycle");
  });

  it("deals shards of specs alone, as a run does", async () => {
    const shards = await Promise.all(["1/2", "2/2"].map((shard) => list("--shard", shard)));
    expect(shards.flat().filter(({ kind }) => kind === "benchmark")).to.be.empty;
  });
});

describe("critique run with the id of a benchmark", () => {
  it("names the command that measures it", async () => {
    const { code, stderr } = await runCritique(["run", "--ids", "SBX-026"]);
    expect(code).to.equal(2);
    expect(stderr).to.include("critique bench --scenario pod-startup,pod-teardown");
  });
});

describe("critique list --coverage", () => {
  interface Coverage {
    source: string;
    rpcs: { rpc: string; calledBy: number }[];
    fields: { field: string; sentBy?: number; assertedBy?: number }[];
  }
  let folder: TempFolder;
  let runtime: FakeRuntime;
  beforeEach(async () => {
    folder = await createTempFolder("cli-coverage");
    runtime = await startFakeRuntime();
  });
  afterEach(async () => {
    await runtime.close();
    await folder.remove();
  });
  const coverage = async (...args: string[]): Promise<Coverage> => {
    const { code, stdout, stderr } = await runCritique(["list", "--json", "--coverage", ...args], { cwd: folder.path });
    expect(code, stderr).to.equal(0);
    return JSON.parse(stdout) as Coverage;
  };

  it("shows what a run reached, of the specs chosen", async () => {
    const out = join(folder.path, "reports", "one");
    await runCritique(["run", "-r", runtime.socketPath, "--ids", "SBX-004,SBX-005", "--report-dir", out]);

    const whole = await coverage(out);
    expect(whole.rpcs.find(({ rpc }) => rpc === "StopPodSandbox")).to.include({ calledBy: 2 });
    const field = (name: string) => whole.fields.find((candidate) => candidate.field === name);
    expect(field("StopPodSandboxRequest.pod_sandbox_id")).to.include({ sentBy: 2 });
    expect(field("PodSandboxStatus.state")?.assertedBy).to.be.above(0);
    expect(field("ExecSyncResponse.stdout")).to.include({ assertedBy: 0 });

    const one = await coverage("--ids", "SBX-004");
    expect(one.source, "the newest run").to.equal(join("reports", "one"));
    expect(one.rpcs.find(({ rpc }) => rpc === "StopPodSandbox")).to.include({ calledBy: 1 });

    const { stdout } = await runCritique(["list", "--coverage", out]);
    expect(stdout)
      .to.match(/^StopPodSandbox +2 +\d+$/m)
      .and.include("Fields of requests that no spec sent:");
  });

  it("shows the recorded run where there is none, and chooses nothing from it", async () => {
    const recorded = await coverage();
    expect(recorded.source).to.equal("recorded");
    expect(recorded.rpcs).to.have.length.above(40);
    const { code, stderr } = await runCritique(["list", "--coverage", "--ids", "SBX-*"], { cwd: folder.path });
    expect(code).to.equal(2);
    expect(stderr).to.include("name the folder of a run");
  });
});
