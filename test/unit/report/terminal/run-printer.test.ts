import { stripVTControlCharacters } from "node:util";

import { expect } from "chai";
import { describe, it } from "mocha";

import type { RunEvent, RunResults } from "../../../../src/report/model.js";
import { wantsColour, wantsLiveLine } from "../../../../src/report/terminal/colours.js";
import { widthOf } from "../../../../src/report/terminal/layout.js";
import { RunPrinter, type PrinterOptions } from "../../../../src/report/terminal/run-printer.js";
import { expectGolden } from "../golden.js";
import {
  attempt,
  NASTY_TEXTS,
  ran,
  resultsOf,
  resultsOfOne,
  RUNTIME_LOST,
  sampleEvents,
  sampleRunInfo,
  specInfo,
  largeRun,
} from "../sample-run.js";

const PLACES = { folder: "reports/run-1", html: "reports/run-1/report.html" };

describe("RunPrinter", () => {
  it("prints the sample run to a log as agreed", async () => {
    const { stdout, stderr } = print(sampleEvents());
    await expectGolden("terminal-stdout.txt", stdout);
    await expectGolden("terminal-stderr.txt", stderr);
  });

  it("prints the sample run on a narrow terminal as agreed, and no line is wider than it", async () => {
    const { stdout } = print(sampleEvents(), { columns: 44 });
    await expectGolden("terminal-narrow.txt", stdout);
    const wide = stdout.split("\n").filter((line) => widthOf(line) > 44 && !line.startsWith("Next:"));
    expect(wide).to.deep.equal([]);
  });

  it("adds stacks, notes and the transcript when verbose", () => {
    const { stdout } = print(sampleEvents(), { options: { verbose: true } });
    expect(stdout).to.contain("at pull (registry.js:10:3)");
    expect(stdout).to.contain('> {"containerId":"c1","timeout":"10"}');
  });

  it("tells the rates that a passed spec left, and its other notes when verbose", () => {
    const passed = attempt({ status: "ok" });
    passed.notes.push("3 of 8 had another reason", "0 of 8 were lost", "the second pull took 5 ms");
    const events: RunEvent[] = [
      { type: "runStarted", run: sampleRunInfo(), specs: [specInfo("RES-001", "a race")] },
      ...ran("RES-001", passed),
    ];
    const notesOf = (options: Partial<PrinterOptions>) =>
      print(events, { options })
        .stderr.split("\n")
        .filter((line) => line.startsWith("note of "));

    expect(notesOf({})).to.deep.equal(["note of RES-001: 3 of 8 had another reason"]);
    expect(notesOf({ verbose: true })).to.have.length(3);
    expect(notesOf({ quiet: true })).to.deep.equal([]);
  });

  it("prints only what is not as expected and the verdict when quiet", () => {
    const { stdout, stderr } = print(sampleEvents(), { options: { quiet: true } });
    expect(stderr).to.equal("");
    expect(stdout).to.contain("CTR-027").and.to.contain("did not behave as expected").and.not.to.contain("slowest");
    expect(print(passingRun(), { options: { quiet: true } }).stdout.split("\n")).to.have.length(3);
  });

  it("explains a failure when it happens, before the run ends", () => {
    const { stdout } = print(sampleEvents().slice(0, 8), { finish: false });
    expect(stdout).to.contain("seen  137 (128 + SIGKILL)");
  });

  it("colours only a terminal", () => {
    const escape = "\u001b[";
    expect(print(sampleEvents()).stdout).not.to.contain(escape);
    const coloured = print(sampleEvents(), { isTTY: true, columns: 100 });
    expect(coloured.stdout).to.contain(escape);
    expect(stripVTControlCharacters(coloured.stdout)).to.equal(print(sampleEvents(), { columns: 100 }).stdout);
    expect(print(sampleEvents(), { isTTY: true, options: { color: false } }).stdout).not.to.contain(escape);
  });

  it("keeps one live line on a terminal, within its width, and takes it away at the end", () => {
    const { stdout, stderr } = print(sampleEvents(), { isTTY: true, columns: 60 });
    expect(stderr).to.match(/\r\u001b\[2K0\/8 {2}/);
    const drawn = stderr.split("\r\u001b[2K").filter((part) => part !== "" && !part.endsWith("\n"));
    expect(drawn.at(-1)).to.match(/^7\/8 {2}.*…$/);
    for (const line of drawn) expect(widthOf(line)).to.be.lessThan(60);
    expect(stderr.endsWith("\r\u001b[2K")).to.equal(true);
    expect(stdout).not.to.contain("\r");
  });

  it("prints no live line in CI, where every state of it would stay in the log", () => {
    const { stderr } = print(sampleEvents(), { isTTY: true, env: { CI: "true" } });
    expect(stderr).not.to.contain("\r");
    expect(stripVTControlCharacters(stderr)).to.contain("[1/8] passed SBX-001");
  });

  it("lets a runtime's text neither move the cursor nor add lines of its own", () => {
    const { ansi, controls, bidi, long } = NASTY_TEXTS;
    for (const seen of [ansi, controls, bidi, long]) {
      const mismatches = [{ subject: seen, expected: seen, seen }];
      const events: RunEvent[] = [
        { type: "runStarted", run: { ...sampleRunInfo(), endpoint: seen }, specs: [specInfo("CTR-001", seen)] },
        { type: "note", at: "", text: seen },
        ...ran("CTR-001", attempt({ status: "mismatch", mismatches, note: seen }, 1, [], [seen])),
      ];
      const { stdout, stderr } = print(events);

      expect(stdout + stderr).not.to.match(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
      expect(stdout.length).to.be.lessThan(60_000);
    }
  });

  it("names the next step for every kind of end", () => {
    const nextOf = (results: RunResults) => {
      const { stdout } = print([], { results });
      return stdout.trimEnd().split("\n").at(-1);
    };
    const failed = attempt({ status: "mismatch", mismatches: [{ subject: "a", expected: "b", seen: "c" }] });
    expect(nextOf(resultsOfOne(failed))).to.equal(
      "Next: read what failed in reports/run-1/report.html#CTR-001, then run only these again: critique run --ids CTR-001",
    );
    expect(nextOf(resultsOfOne(attempt({ status: "broken", reason: "x" })))).to.match(/^Next: critique doctor/);
    expect(nextOf(resultsOfOne())).to.equal("Next: run what is left: critique run --resume reports/run-1");
    const lost = { ...resultsOfOne(attempt({ status: "broken", reason: "x" })), end: RUNTIME_LOST };
    expect(nextOf(lost)).to.match(/^Next: start the runtime again, .* --resume reports\/run-1$/);
    expect(nextOf(largeRun(2_000))).to.match(/again: critique run --rerun-failed reports\/run-1$/);
    expect(nextOf(resultsOf(passingRun()))).to.match(/^Next: nothing to mend/);
  });
});

describe("the choice of colours", () => {
  it("follows --no-color, then NO_COLOR, then FORCE_COLOR, then the terminal", () => {
    const terminal = { write: () => true, isTTY: true };
    const pipe = { write: () => true };
    expect(wantsColour(terminal, {})).to.equal(true);
    expect(wantsColour(pipe, {})).to.equal(false);
    expect(wantsColour(terminal, {}, false)).to.equal(false);
    expect(wantsColour(terminal, { NO_COLOR: "1", FORCE_COLOR: "1" })).to.equal(false);
    expect(wantsColour(terminal, { NO_COLOR: "" })).to.equal(true);
    expect(wantsColour(pipe, { FORCE_COLOR: "1" })).to.equal(true);
    expect(wantsColour(terminal, { FORCE_COLOR: "0" })).to.equal(false);
    expect(wantsColour(terminal, { TERM: "dumb" })).to.equal(false);
    expect(wantsLiveLine(terminal, { TERM: "dumb" })).to.equal(false);
    expect(wantsLiveLine(terminal, { TERM: "xterm" })).to.equal(true);
  });
});

interface PrintSetup {
  isTTY?: boolean;
  columns?: number;
  env?: NodeJS.ProcessEnv;
  options?: Partial<PrinterOptions>;
  /** Whether to print the closing lines; default true. */
  finish?: boolean;
  results?: RunResults;
}

function print(events: readonly RunEvent[], setup: PrintSetup = {}): { stdout: string; stderr: string } {
  const { isTTY = false, columns, env = {}, options, finish = true } = setup;
  const written = { stdout: "", stderr: "" };
  const output = (name: keyof typeof written) => ({
    write: (text: string) => (written[name] += text),
    isTTY,
    ...(columns !== undefined && { columns }),
  });
  const common = { env, color: true, quiet: false, verbose: false };
  const printer = new RunPrinter({ stdout: output("stdout"), stderr: output("stderr"), ...common, ...options });
  for (const event of events) printer.onEvent(event);
  if (finish) printer.finish(setup.results ?? resultsOf(events), PLACES);
  printer.close();
  return written;
}

function passingRun(): RunEvent[] {
  return [
    { type: "runStarted", run: sampleRunInfo(), specs: [specInfo("CTR-001", "a container starts")] },
    ...ran("CTR-001", attempt({ status: "ok" })),
    { type: "runEnded", at: "", end: { how: "completed", reason: "", exitCode: 0, durationMs: 10 } },
  ];
}
