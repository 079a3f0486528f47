import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect } from "chai";
import { describe, it } from "mocha";

import type { RunResults } from "../../../src/report/model.js";
import { DEFAULT_FORMATS, REPORT_FORMATS, REPORTERS } from "../../../src/report/reporters/index.js";
import { writeReports } from "../../../src/report/write-reports.js";
import { createTempFolder } from "../../../src/support/temp-folder.js";
import { largeRun, nastyRun, resultsOf } from "./sample-run.js";

describe("writeReports", () => {
  it("writes the chosen formats into a new folder, with the prefix, and nothing else", async () => {
    await using folder = await createTempFolder("test");
    const target = join(folder.path, "a/b");
    const { files, errors } = await writeReports(resultsOf(), target, ["json", "junit"], { prefix: "node1-" });

    expect(errors).to.deep.equal([]);
    expect(files).to.deep.equal({ json: join(target, "node1-results.json"), junit: join(target, "node1-junit.xml") });
    expect((await readdir(target)).sort()).to.deep.equal(["node1-junit.xml", "node1-results.json"]);
    expect(JSON.parse(await readFile(files.json ?? "", "utf8"))).to.deep.equal(resultsOf());
  });

  it("writes the others when a reporter throws, keeps its former file, and says what is missing", async () => {
    await using folder = await createTempFolder("test");
    await writeFile(join(folder.path, "junit.xml"), "former");
    const render = () => {
      throw new Error("out of ink");
    };
    const reporters = { ...REPORTERS, junit: { fileName: "junit.xml", render } };
    const { files, errors } = await writeReports(resultsOf(), folder.path, ["json", "junit", "summary"], { reporters });

    expect(Object.keys(files)).to.deep.equal(["json", "summary"]);
    expect(errors.map(({ format, message }) => [format, /out of ink/.test(message)])).to.deep.equal([["junit", true]]);
    expect(await readFile(join(folder.path, "junit.xml"), "utf8")).to.equal("former");
  });

  it("leaves no temporary file when a report cannot be put in place", async () => {
    await using folder = await createTempFolder("test");
    await mkdir(join(folder.path, "summary.md/taken"), { recursive: true });
    const { errors } = await writeReports(resultsOf(), folder.path, ["summary"]);

    expect(errors).to.have.length(1);
    expect(await readdir(folder.path)).to.deep.equal(["summary.md"]);
  });

  it("gives every format a file of its own, and writes the usual ones by default", () => {
    const names = REPORT_FORMATS.map((format) => REPORTERS[format].fileName);
    expect(new Set(names).size).to.equal(names.length);
    expect(DEFAULT_FORMATS).to.include.members(["json", "junit", "summary"]);
  });

  it("keeps every format within bounds for texts of 10 MB, in valid UTF-8 without control characters", async () => {
    const texts = await writeAll(nastyRun());
    for (const [format, text] of texts) {
      expect(text.length, format).to.be.lessThan(8 * 1024 * 1024);
      expect(text, format).not.to.match(/\p{Surrogate}/u);

      expect(text, format).not.to.match(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/);
      expect(text, format).not.to.match(/[\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/);
    }
  });

  it("writes every format of a run of 5,000 specs", async () => {
    const texts = await writeAll(largeRun(5_000));
    for (const [format, text] of texts) expect(text.length, format).to.be.lessThan(20 * 1024 * 1024);
    expect(Buffer.byteLength(texts.get("summary") ?? "")).to.be.lessThan(1024 * 1024);
  }).timeout(20_000);
});

async function writeAll(results: RunResults): Promise<Map<string, string>> {
  await using folder = await createTempFolder("test");
  const { files, errors } = await writeReports(results, folder.path, REPORT_FORMATS);
  expect(errors).to.deep.equal([]);
  expect(Object.keys(files).sort()).to.deep.equal([...REPORT_FORMATS].sort());
  const texts = new Map<string, string>();
  for (const [format, path] of Object.entries(files)) texts.set(format, await readFile(path, "utf8"));
  return texts;
}
