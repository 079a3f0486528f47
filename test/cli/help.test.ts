import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { describe, it } from "mocha";

import type { SpecInfo } from "../../src/report/model.js";
import { REPO_ROOT } from "../../tools/repo-root.js";
import { runCritique } from "./run-critique.js";

describe("the program", () => {
  it("prints its version and its help to stdout", async () => {
    const { version } = JSON.parse(await readFile(join(REPO_ROOT, "package.json"), "utf8")) as { version: string };
    expect(await runCritique(["--version"])).to.deep.equal({ code: 0, stdout: `${version}\n`, stderr: "" });
    const { code, stdout, stderr } = await runCritique(["run", "--help"]);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
    expect(stdout).to.include("--runtime-endpoint URI").and.include("Exit codes:");
  });

  it("lists the specs, for people and for machines", async () => {
    const forPeople = await runCritique(["list", "--ids", "SBX-001"]);
    expect(forPeople.stdout).to.match(/^SBX-001 {2}required /);
    expect(forPeople.stderr).to.match(/^1 of \d+ behaviours: 1 required/);
    const { stdout, stderr } = await runCritique(["list", "--json", "--level", "required", "--quiet"]);
    const specs = JSON.parse(stdout) as SpecInfo[];
    expect(stderr).to.equal("");
    expect(specs.map(({ level }) => level))
      .to.include("required")
      .and.not.include("optional");
    expect(specs[0]).to.include.keys(
      "id",
      "title",
      "area",
      "level",
      "rpcs",
      "clause",
      "needs",
      "feature",
      "tags",
      "critest",
    );
  });

  it("goes on quietly when nobody reads its output any more", () => {
    const { status, stderr } = spawnSync("sh", [
      "-c",
      `"${process.execPath}" "${join(REPO_ROOT, "bin/critique.js")}" list --quiet | head -n 1 >/dev/null; exit 0`,
    ]);
    expect({ status, stderr: stderr.toString() }).to.deep.equal({ status: 0, stderr: "" });
  });

  it("completes commands and options in bash", async () => {
    const { stdout } = await runCritique(["completion", "bash"]);
    const complete = (words: string): string[] => {
      const script = `${stdout}\nCOMP_WORDS=(${words} "$1"); COMP_CWORD=$((\${#COMP_WORDS[@]}-1)); _critique; echo "\${COMPREPLY[@]}"`;
      const parts = words.split(" ");
      const last = parts.pop() ?? "";
      const text = script.replace(`(${words} "$1")`, `(${parts.join(" ")} "${last}")`);
      return spawnSync("bash", ["-c", text]).stdout.toString().trim().split(" ");
    };
    expect(complete("critique l")).to.deep.equal(["list", "lab"]);
    expect(complete("critique lab u")).to.deep.equal(["up"]);
    expect(complete("critique run --para")).to.deep.equal(["--parallel"]);
    expect(complete("critique run --quiet --label")).to.deep.equal(["--label-filter"]);
  });
});
