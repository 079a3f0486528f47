import { execFileSync } from "node:child_process";
import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";

import { RuntimeLog } from "../../../src/cli/runtime-log.js";
import type { Outcome, RunEnd } from "../../../src/report/model.js";
import { createTempFolder, type TempFolder } from "../../../src/support/temp-folder.js";

const FAILED: Outcome = { status: "mismatch", mismatches: [] };

describe("the runtime's log of a spec", () => {
  let folder: TempFolder;
  let path: string;
  beforeEach(async () => {
    folder = await createTempFolder("runtime-log");
    path = join(folder.path, "runtime.log");
    writeFileSync(path, "before\n");
  });
  afterEach(() => folder.remove());

  /** What is kept of what `happen` writes while a spec runs. */
  function excerpt(happen: () => void, outcome: Outcome = FAILED, log = new RuntimeLog(path)): string | undefined {
    log.annotate({ type: "specStarted", id: "CTR-001", at: "" });
    happen();
    const attempt = { outcome, durationMs: 1, calls: [], notes: [], cleanup: [] };
    const event = log.annotate({ type: "specEnded", id: "CTR-001", at: "", attempt });
    return event.type === "specEnded" ? event.attempt.runtimeLog : undefined;
  }

  it("is what was written meanwhile, for an attempt that did not hold", () => {
    const write = () => appendFileSync(path, "during\n");
    expect(excerpt(write)).to.equal("during");
    expect(excerpt(write, { status: "ok" })).to.equal(undefined);
    expect(excerpt(() => undefined)).to.equal(undefined);
  });

  it("is the end of a long one, from the beginning of a line, whatever its bytes", () => {
    const text = excerpt(() => {
      appendFileSync(path, "password=hunter2 ".repeat(700_000));
      appendFileSync(path, Buffer.from([0x0a, 0xff, 0xc3, 0x28, 0x0a]));
      appendFileSync(path, "the end\n");
    });
    expect(text).to.match(/^\[\.\.\. \d{8} bytes cut \.\.\.\]\n\ufffd\ufffd\(\nthe end$/);
  });

  it("begins anew with a log that was rotated", () => {
    appendFileSync(path, "x".repeat(100));
    expect(excerpt(() => writeFileSync(path, "fresh\n"))).to.equal("fresh");
  });

  const CRASH = "fatal error: concurrent map writes";
  const crash = () => appendFileSync(path, `fine\n${CRASH}\n\n${"goroutine 7 [select]:\n".repeat(1000)}`);

  it("is the beginning of a crash, whose reason comes before the stacks", () => {
    expect(excerpt(crash, { status: "broken", reason: "" })).to.match(
      /^fatal error: concurrent map writes\n\ngoroutine 7 [^]*\n\[\.\.\. 9748 bytes cut \.\.\.\]$/,
    );
  });

  it("tells with the end of a run that lost the runtime what it crashed of since the run began", () => {
    appendFileSync(path, "panic: an older one\n");
    const log = new RuntimeLog(path);
    const reason = (how: RunEnd["how"]): string | undefined => {
      const event = log.annotate({
        type: "runEnded",
        at: "",
        end: { how, reason: "gone", exitCode: 3, durationMs: 1 },
      });
      return event.type === "runEnded" ? event.end.reason : undefined;
    };
    expect(reason("runtimeLost")).to.equal("gone");
    crash();
    expect(reason("runtimeLost")).to.equal(`gone; its log has: ${CRASH}`);
    expect(reason("completed")).to.equal("gone");
  });

  it("has no secrets", () => {
    const lines = [
      'auth="token:  abc1" PASSWORD=abc2 {"secret":"abc3"} Authorization: Bearer abc4 \\"password\\":\\"abc5\\"',
      "GET https://user:abc6@registry.example.com/v2/",
    ];
    const text = excerpt(() => appendFileSync(path, lines.join("\n")));
    expect(text).to.not.match(/abc\d/);
    expect(text?.match(/REDACTED/g)).to.have.lengthOf(6);
  });

  it("is none where there is no regular file, and says so once", () => {
    const fifo = join(folder.path, "fifo");
    execFileSync("mkfifo", [fifo]);
    for (const [file, why] of [
      [fifo, "no regular file"],
      [join(folder.path, "missing"), "no such file"],
    ] as const) {
      const log = new RuntimeLog(file);
      expect(excerpt(() => undefined, FAILED, log)).to.equal(undefined);
      expect(log.trouble).to.include(why).and.include("--runtime-log");
    }
  });
});
