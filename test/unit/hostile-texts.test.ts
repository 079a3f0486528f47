import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { describe, it } from "mocha";

import { COMPARE_EXPORTERS } from "../../src/bench/exporters/compare-exporters.js";
import { benchmarkMarkup } from "../../src/bench/exporters/html.js";
import { formatBenchTable, formatCompareTable, runBench, runCompare } from "../../src/bench/index.js";
import { certify } from "../../src/certify/bundle.js";
import { printJson, printLine } from "../../src/cli/terminal.js";
import type { CriConnection } from "../../src/cri/client.js";
import { compileResults } from "../../src/prove/result/compile.js";
import { proveHtml } from "../../src/prove/result/html.js";
import { summaryText } from "../../src/prove/result/summary.js";
import { boundEvent, boundTexts } from "../../src/report/bounds.js";
import { EventLog } from "../../src/report/event-log.js";
import { htmlDocument } from "../../src/report/html/document.js";
import type { RunEvent } from "../../src/report/model.js";
import { REPORT_FORMATS } from "../../src/report/reporters/index.js";
import { RunPrinter } from "../../src/report/terminal/run-printer.js";
import { compareVerdicts, verdictLines } from "../../src/report/verdict-comparison.js";
import { writeReports } from "../../src/report/write-reports.js";
import { createTempFolder } from "../../src/support/temp-folder.js";
import { fakeConnection } from "./bench/fake-connection.js";
import { fail, fakeScenario } from "./bench/fake-scenario.js";
import { record, result, trial } from "./prove/samples.js";
import {
  attempt,
  NASTY_TEXTS,
  nastyEvents,
  ran,
  resultsOf,
  resultsOfOne,
  sampleRunInfo,
  specInfo,
} from "./report/sample-run.js";

const TEXTS = Object.values(NASTY_TEXTS);
/** All of them in one, the long one too. */
const NASTY = [...TEXTS].sort((a, b) => a.length - b.length).join(" ");
const LIMIT_CHARS = 8 << 20;

describe("what a runtime says is harmless", function () {
  // Each text of 10 MB is gone through many times, and each calibration makes some thousand calls.
  this.timeout(120_000);

  it("in the reports of a run, its events and on the terminal", async () => {
    await using folder = await createTempFolder("hostile");
    const events = nastyEvents();
    const log = EventLog.open(folder.path);
    const printed = { stdout: "", stderr: "" };
    const printer = new RunPrinter({
      stdout: { write: (text: string) => (printed.stdout += text) },
      stderr: { write: (text: string) => (printed.stderr += text) },
      ...{ env: {}, color: true, quiet: false, verbose: true },
    });
    for (const event of events) printer.onEvent(log.append(event));
    const results = resultsOf(events.map(boundEvent));
    printer.finish(results, { folder: "out", html: "out/report.html" });
    printer.close();
    log.close();
    await writeReports(results, folder.path, REPORT_FORMATS);
    expectHarmless({ ...(await filesOf(folder.path)), ...printed });
  });

  it("in everything that is made of a benchmark", async () => {
    await using folder = await createTempFolder("hostile");
    const target = { connection: nastyConnection(), image: "none" };
    const scenarios = [fakeScenario((index) => (index % 2 === 1 ? { first: fail(NASTY) } : {})).scenario];
    const bench = await runBench({ ...target, scenarios, samples: 8, warmup: 0, reportDir: folder.path });
    expect(bench.target.runtime.name).to.contain("characters cut");
    const table = printed((terminal) => printLine(terminal, formatBenchTable(bench)));
    const json = printed((terminal) => printJson(terminal, bench));
    const run = htmlDocument(resultsOfOne(attempt({ status: "ok" })), benchmarkMarkup(bench));
    expectHarmless({ ...(await filesOf(folder.path)), table, json, "report.html of a run": run });
  });

  it("in everything that is made of a comparison", async () => {
    await using folder = await createTempFolder("hostile");
    const target = { connection: nastyConnection(), image: "none" };
    const targets = [
      { ...target, name: "runc" },
      { ...target, name: "crun" },
    ];
    const scenarios = [fakeScenario().scenario];
    const compared = await runCompare({ targets, scenarios, samples: 8, warmup: 0, reportDir: folder.path });
    const files = Object.fromEntries(COMPARE_EXPORTERS.map(({ fileName, render }) => [fileName, render(compared)]));
    const nasty = resultsOf(nastyEvents().map(boundEvent));
    const passing = { ...nasty, specs: nasty.specs.map((spec) => ({ ...spec, verdict: "passed" as const })) };
    const verdicts = compareVerdicts([
      { name: "runc", results: passing, reportFolder: "a" },
      { name: "crun", results: nasty, reportFolder: "b" },
    ]);
    expect(verdicts.differing).to.have.length.above(TEXTS.length);
    const lines = printed((terminal) => printLine(terminal, verdictLines(verdicts).join("\n")));
    const table = printed((terminal) => printLine(terminal, formatCompareTable(compared)));
    const json = printed((terminal) => printJson(terminal, verdicts));
    expectHarmless({ ...(await filesOf(folder.path)), ...files, lines, table, json });
  });

  it("in a certificate's bundle", () => {
    const specs = [specInfo("SBX-001", "a sandbox runs"), specInfo("SBX-002", "an extra", { level: "optional" })];
    const info = { ...sampleRunInfo(), runtime: { name: NASTY, version: NASTY, apiVersion: NASTY } };
    const failed = attempt({ status: "mismatch", mismatches: [{ subject: NASTY, expected: NASTY, seen: NASTY }] });
    const events: RunEvent[] = [
      { type: "runStarted", run: { ...info, options: { exclusive: true } }, specs, knownFailures: {} },
      ...ran("SBX-001", { ...attempt({ status: "ok" }), notes: [NASTY], runtimeLog: NASTY }),
      ...ran("SBX-002", failed),
      { type: "finding", at: "", finding: { about: "runtime", title: NASTY, details: [NASTY] } },
      { type: "note", at: "", text: NASTY },
      { type: "runEnded", at: "", end: { how: "completed", reason: "", exitCode: 0, durationMs: 10 } },
    ];
    const certified = certify({
      events: events.map(boundEvent),
      product: { text: PRODUCT, file: "PRODUCT.yaml" },
      profiles: ["core"],
      specs,
      suiteVersion: info.suiteVersion,
      node: "v20",
    });
    if ("refused" in certified) throw new Error(certified.refused.join());
    expectHarmless(Object.fromEntries([...certified.files].map(([name, content]) => [name, content.toString()])));
  });

  it("in the files of critique prove", () => {
    const results = boundTexts(
      compileResults({
        ...{ suiteVersion: "1", startedAt: "", endpoint: "unix:///x.sock", handler: "", seed: 4, durationMs: 1 },
        runtime: { name: NASTY, version: NASTY },
        baseline: [record("CTR-001"), record("CTR-002", { status: "failed", reason: NASTY })],
        faults: [
          result("wrong:a", "killed", [{ ...trial("CTR-001", "killed"), reason: NASTY }]),
          { ...result("wrong:b", "absent"), reason: NASTY },
        ],
        chosen: 2,
      }),
    );
    const summary = printed((terminal) => printLine(terminal, summaryText(results)));
    const json = printed((terminal) => printJson(terminal, results));
    expectHarmless({ "prove.html": proveHtml(results), summary, json });
  });
});

const PRODUCT = ["vendor", "name", "version", "type", "description"]
  .map((fact) => `${fact}: ${fact === "type" ? "runtime" : "example"}\n`)
  .join("")
  .concat("website_url: https://example.com\ndocumentation_url: https://example.com/docs\n")
  .concat("contact_email_address: conformance@example.com\n");

/** A runtime whose every name is nasty. */
function nastyConnection(): CriConnection {
  const connection = fakeConnection();
  const version = () => Promise.resolve({ runtimeName: NASTY, runtimeVersion: NASTY, runtimeApiVersion: NASTY });
  const rpc = () => ({ ...connection.rpc(), version });
  return { ...connection, rpc } as unknown as CriConnection;
}

function printed(print: (terminal: Parameters<typeof printLine>[0]) => void): string {
  let text = "";
  const output = { write: (more: string) => (text += more) };
  print({ stdout: output, stderr: output });
  return text;
}

/** Every file below a folder. A name that is no text's is not expected: bytes that are no UTF-8 fail the test. */
async function filesOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile());
  expect(files).to.have.length.above(2);
  const read = async (name: string, path: string) =>
    [name, new TextDecoder("utf-8", { fatal: true }).decode(await readFile(path))] as const;
  return Object.fromEntries(
    await Promise.all(files.map((entry) => read(entry.name, join(entry.parentPath, entry.name)))),
  );
}

/** No controls, nothing that turns text around, no halves, no markup in pages, no line or row of its own, no 10 MB. */
function expectHarmless(texts: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(texts)) {
    expect(text.length, name).to.be.within(1, LIMIT_CHARS);
    // A line break in CSV is a carriage return and a line feed.
    const found =
      /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/.exec(text);
    expect(found && `${name}: ${JSON.stringify(text.slice(found.index - 40, found.index + 10))}`).to.equal(null);
    expect(/\r(?!\n)/.test(text), `${name}: a carriage return alone`).to.equal(false);
    expect(/\p{Surrogate}/u.test(text), `${name}: half a character`).to.equal(false);
    if (!/\.(html|md)$/.test(name)) continue;
    // Markdown shows code as it is, in spans and in blocks, whose ticks are more than any in a row within.
    const blocks = /^( *)(`{3,})[^`\n]*\n[^]*?^\1\2$/gm;
    const spans = /(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)/g;
    const parsed = name.endsWith(".md") ? text.replace(blocks, "").replace(spans, "") : text;
    expect(/(?<!\\)<(?:img|testcase|script>window)/.test(parsed), `${name}: markup`).to.equal(false);
  }
}
