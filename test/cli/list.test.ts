import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { describe, it } from "mocha";
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
