import { expect } from "chai";
import fc from "fast-check";
import { describe, it } from "mocha";
import { parseExitStatus } from "../../../src/streaming/exit-status.js";

const exitStatus = (code: string) => ({
  status: "Failure",
  reason: "NonZeroExitCode",
  message: `exit code ${code}`,
  details: { causes: [{ reason: "ExitCode", message: code }] },
});

describe("parseExitStatus", () => {
  it("reads success as code 0", () => {
    const status = { status: "Success" };
    expect(parseExitStatus(JSON.stringify(status), true)).to.deep.equal({ kind: "exited", code: 0, status });
  });

  for (const code of [1, 7, 126, 127, 137, 255]) {
    it(`reads exit code ${code}`, () => {
      const status = exitStatus(String(code));
      expect(parseExitStatus(JSON.stringify(status), true)).to.deep.equal({ kind: "exited", code, status });
    });
  }

  it("reads an internal error as a failure with its message and reason", () => {
    const status = { status: "Failure", reason: "InternalError", message: "no such file", code: 500 };
    expect(parseExitStatus(JSON.stringify({ ...status, metadata: {} }), true)).to.deep.equal({
      kind: "failed",
      message: "no such file",
      reason: "InternalError",
      status,
    });
  });

  it("does not invent an exit code", () => {
    for (const code of ["", "seven", "7x", "1e3"]) {
      expect(parseExitStatus(JSON.stringify(exitStatus(code)), true).kind).to.equal("failed");
    }
    expect(parseExitStatus('{"status":"Failure","reason":"NonZeroExitCode"}', true).kind).to.equal("failed");
  });

  it("takes the text of v1 to v3 as it is", () => {
    expect(parseExitStatus("exit code 7", false)).to.deep.equal({ kind: "failed", message: "exit code 7" });
    expect(parseExitStatus('{"status":"Success"}', false).kind).to.equal("failed");
  });

  it("calls an empty error channel silent", () => {
    expect(parseExitStatus("", true)).to.deep.equal({ kind: "silent" });
    expect(parseExitStatus("\n", false)).to.deep.equal({ kind: "silent" });
  });

  it("calls anything else malformed, and never throws", () => {
    for (const text of ["{", "[]", "null", "7", '"Success"', '{"status":7}', '{"status":"Odd"}']) {
      expect(parseExitStatus(text, true), text).to.deep.equal({ kind: "malformed", text });
    }
    fc.assert(fc.property(fc.json(), (text) => void parseExitStatus(text, true)));
    fc.assert(fc.property(fc.string(), (text) => void parseExitStatus(text, true)));
  });
});
