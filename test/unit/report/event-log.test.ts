import { appendFile, mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect } from "chai";
import { describe, it } from "mocha";

import { TEXT_LIMIT_CHARS, TRANSCRIPT_LIMIT_CHARS } from "../../../src/report/bounds.js";
import { EventLog, EventLogError, readEventLog, ReportFolderError } from "../../../src/report/event-log.js";
import type { RunEvent } from "../../../src/report/model.js";
import { createTempFolder } from "../../../src/support/temp-folder.js";
import { attempt, call, NASTY_TEXTS, ran, resultsOf, sampleEvents, sampleRunInfo } from "./sample-run.js";

describe("EventLog", () => {
  it("gives back what was written, from which the same results follow", async () => {
    await using folder = await createTempFolder("test");
    const path = writeLog(folder.path, sampleEvents());

    expect(await readAll(path)).to.deep.equal(sampleEvents());
    expect(resultsOf(await readAll(path))).to.deep.equal(resultsOf());
  });

  it("has every event on disk as soon as it happened", async () => {
    await using folder = await createTempFolder("test");
    const log = EventLog.open(folder.path, "node1-");
    try {
      for (const [index, event] of sampleEvents().entries()) {
        log.append(event);
        const lines = (await readFile(join(folder.path, "node1-events.ndjson"), "utf8")).split("\n");
        expect(lines).to.have.length(index + 2);
        expect(JSON.parse(lines[index] ?? "")).to.deep.equal(event);
      }
    } finally {
      log.close();
    }
  });

  it("refuses a folder it cannot write to at once, naming it and the option", async () => {
    await using folder = await createTempFolder("test");
    await writeFile(join(folder.path, "file"), "");
    expect(() => EventLog.open(join(folder.path, "file"))).to.throw(
      ReportFolderError,
      /file\/events\.ndjson .*--report-dir/,
    );
    await mkdir(join(folder.path, "taken/events.ndjson"), { recursive: true });
    expect(() => EventLog.open(join(folder.path, "taken"))).to.throw(ReportFolderError, /EISDIR/);
  });

  it("does not disturb the run when the disk is full, and says so at the end", async () => {
    await using folder = await createTempFolder("test");
    await symlink("/dev/full", join(folder.path, "events.ndjson"));
    const log = EventLog.open(folder.path);
    const [event] = sampleEvents();

    expect(log.append(event as RunEvent)).to.deep.equal(event);
    expect(log.trouble?.message).to.contain("ENOSPC");
    expect(() => log.close()).to.throw(ReportFolderError, /ENOSPC/);
  });

  it("bounds long texts and transcripts, and returns what it wrote", async () => {
    await using folder = await createTempFolder("test");
    const { long } = NASTY_TEXTS;
    const calls = Array.from({ length: 200 }, () => ({
      ...call("ExecSync", 0, 1),
      details: long,
      responses: [{ stdout: long }],
    }));
    const mismatches = [{ subject: "stdout", expected: "x", seen: `${long}\ud800` }];
    const log = EventLog.open(folder.path);
    const written = log.append(ran("CTR-001", attempt({ status: "mismatch", mismatches }, 1, calls))[1] as RunEvent);
    log.close();

    expect((await stat(log.path)).size).to.be.lessThan(2 * TRANSCRIPT_LIMIT_CHARS);
    expect(JSON.parse(await readFile(log.path, "utf8"))).to.deep.equal(written);
    if (written.type !== "specEnded" || written.attempt.outcome.status !== "mismatch") throw new Error("another event");
    expect(written.attempt.calls).to.have.length(200);
    const seen = written.attempt.outcome.mismatches[0]?.seen ?? "";
    expect(seen.length).to.be.at.most(TEXT_LIMIT_CHARS);
    expect(seen).to.match(/^beginx+\[\.\.\. \d+ characters cut \.\.\.\]x+end\ufffd$/);
  });
});

describe("readEventLog", () => {
  it("leaves out a last line that a killed run did not finish", async () => {
    await using folder = await createTempFolder("test");
    const path = writeLog(folder.path, sampleEvents().slice(0, 4));
    await appendFile(path, '{"type":"specEnded","id":"CTR-0');

    expect(await readAll(path)).to.deep.equal(sampleEvents().slice(0, 4));
  });

  it("refuses a damaged line in the middle, with its number", async () => {
    await using folder = await createTempFolder("test");
    const path = writeLog(folder.path, sampleEvents().slice(0, 2));
    await appendFile(path, "garbage\n");
    await expectError(path, /line 3/);
  });

  it("refuses files that are no event log", async () => {
    await using folder = await createTempFolder("test");
    const path = join(folder.path, "events.ndjson");
    for (const content of [
      "",
      "\n",
      "<xml/>\n",
      "[]\n",
      '{"type":"note","text":"x"}\n',
      '{"type":"runStarted"}\n',
      '{"type"',
    ]) {
      await writeFile(path, content);
      await expectError(path, /no event log of critique/);
    }
  });

  it("refuses another major version and says what to use; reads a newer minor version, without unknown events", async () => {
    await using folder = await createTempFolder("test");
    const path = join(folder.path, "events.ndjson");
    const start = (schema: string) =>
      `${JSON.stringify({ type: "runStarted", run: { ...sampleRunInfo(), schema }, specs: [] })}\n`;
    await writeFile(path, start("2.0"));
    await expectError(path, /schema 2\.0.* 1\.x; use a newer critique/);
    await writeFile(path, start("0.3"));
    await expectError(path, /schema 0\.3.*use the critique that wrote it/);
    await writeFile(path, `${start("1.7")}{"type":"weather","at":"x"}\n`);
    expect((await readAll(path)).map(({ type }) => type)).to.deep.equal(["runStarted"]);
  });

  it("reads lines of several chunks and characters split between them", async () => {
    await using folder = await createTempFolder("test");
    const text = "é€😀".repeat(2_000);
    const events = [
      ...sampleEvents().slice(0, 1),
      ...Array.from({ length: 20 }, () => ({ type: "note", at: "x", text }) as const),
    ];
    const path = writeLog(folder.path, events);
    expect(await readAll(path)).to.deep.equal(events);
  });
});

function writeLog(folder: string, events: readonly RunEvent[]): string {
  const log = EventLog.open(folder);
  for (const event of events) log.append(event);
  log.close();
  return log.path;
}

async function readAll(path: string): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of readEventLog(path)) events.push(event);
  return events;
}

async function expectError(path: string, message: RegExp): Promise<void> {
  const error: unknown = await readAll(path).catch((reason: unknown) => reason);
  expect(error).to.be.instanceOf(EventLogError);
  expect((error as Error).message).to.match(message);
}
