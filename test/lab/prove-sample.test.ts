import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { before, describe, it } from "mocha";
import { parse } from "yaml";
import type { ProveResults } from "../../src/prove/result/model.js";
import { createTempFolder } from "../../src/support/temp-folder.js";
import { runCritique } from "../cli/run-critique.js";

const SAMPLE = fileURLToPath(new URL("../../../fixtures/prove/sample.yaml", import.meta.url));

/** Far above what the sample takes on a slow machine. */
const HANG_MS = 280_000;

describe("a sample of critique prove", function () {
  this.timeout(300_000);

  let pairs: { spec: string; fault: string }[];
  let results: ProveResults;

  before(async function () {
    if (process.getuid?.() !== 0) this.skip();
    pairs = parse(await readFile(SAMPLE, "utf8")) as typeof pairs;
    await using folder = await createTempFolder("prove-sample");
    const out = join(folder.path, "out");
    const listOf = (key: "spec" | "fault"): string => pairs.map((pair) => pair[key]).join(",");
    const chosen = ["--ids", listOf("spec"), "--faults", listOf("fault")];
    const end = await runCritique(
      ["prove", "--lab", ...chosen, "--all-killers", "--quiet", "--seed", "1", "--report-dir", out],
      { hangMs: HANG_MS },
    );
    expect(end.code, end.stderr).to.equal(0);
    results = JSON.parse(await readFile(join(out, "prove.json"), "utf8")) as ProveResults;
  });

  it("passes without a fault", () => {
    expect(results.notProvable).to.deep.equal([]);
  });

  it("shows that each spec still notices its fault", () => {
    const passing = pairs.flatMap(({ spec, fault }) => {
      const trials = results.faults.find(({ id }) => id === fault)?.trials ?? [];
      const trial = trials.find((each) => each.spec === spec);
      return trial?.end === "killed" ? [] : [`${spec} with ${fault}: ${trial?.end ?? "not tried"}`];
    });
    expect(passing).to.deep.equal([]);
  });

  it("finds no spec that cannot fail, and none that breaks", () => {
    expect(results.specsWithoutKill).to.deep.equal([]);
    const broken = results.faults.flatMap(({ trials }) => trials.filter(({ end }) => end === "broke"));
    expect(broken).to.deep.equal([]);
  });
});
