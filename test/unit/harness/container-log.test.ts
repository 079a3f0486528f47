import { expect } from "chai";
import { describe, it } from "mocha";
import { joinLines, parseContainerLog, timestampNs } from "../../../src/harness/container-log.js";

const TIME = "2026-01-02T03:04:05.000000006Z";

describe("parseContainerLog", () => {
  it("reads entries, keeping blanks, empty content and bytes that are no text", () => {
    const bytes = Buffer.concat([
      Buffer.from(`${TIME} stdout F  two  blanks \n${TIME} stderr F \n${TIME} stdout P `),
      Buffer.from([0x00, 0xff, 0x0a]),
    ]);
    const { entries, malformed, tail, format } = parseContainerLog(bytes);
    expect(entries.map(({ stream, tag, content }) => [stream, tag, content.toString("latin1")])).to.deep.equal([
      ["stdout", "F", " two  blanks "],
      ["stderr", "F", ""],
      ["stdout", "P", "\x00\xff"],
    ]);
    expect(malformed).to.be.empty;
    expect(tail).to.have.lengthOf(0);
    expect(format).to.equal("CRI");
  });

  it("sets lines without the form of an entry apart, and what is not finished", () => {
    const { entries, malformed, tail } = parseContainerLog(
      Buffer.from(`hello\n2026 stdout F x\n{"log":1}\n${TIME} stdout F ok\n${TIME} std`),
    );
    expect(entries).to.have.lengthOf(1);
    expect(malformed).to.deep.equal(["hello", "2026 stdout F x", '{"log":1}']);
    expect(tail.toString()).to.equal(`${TIME} std`);
  });

  it("reads the JSON lines of Docker", () => {
    const lines = ["part ", "end\n"].map((log) => JSON.stringify({ log, stream: "stderr", time: TIME }));
    const { entries, malformed, format } = parseContainerLog(Buffer.from(`${lines.join("\n")}\n`));
    expect(entries.map(({ tag }) => tag)).to.deep.equal(["P", "F"]);
    expect(joinLines(entries)).to.deep.equal(["part end"]);
    expect(malformed).to.be.empty;
    expect(format).to.equal("Docker JSON");
  });
});

describe("timestampNs", () => {
  it("keeps nanoseconds, whatever the number of digits and the time zone", () => {
    expect(timestampNs("1970-01-01T00:00:01.5Z")).to.equal(1_500_000_000n);
    expect(timestampNs("1970-01-01T01:00:00.000000001+01:00")).to.equal(1n);
    expect(timestampNs("1970-01-01T00:00:02Z")).to.equal(2_000_000_000n);
  });
});
