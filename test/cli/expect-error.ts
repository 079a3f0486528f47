import { expect } from "chai";
import type { CritiqueEnd } from "./run-critique.js";

/** What the program says of an error: one paragraph on stderr, no stack, and nothing on stdout. */
export function expectUserError(end: CritiqueEnd, code: number, ...parts: (string | RegExp)[]): void {
  for (const part of parts) {
    if (typeof part === "string") expect(end.stderr).to.include(part);
    else expect(end.stderr).to.match(part);
  }
  const lines = end.stderr.split("\n").filter((line) => line.startsWith("critique: "));
  expect(lines, end.stderr).to.have.lengthOf(1);
  expect(lines[0]).to.match(/[.?]$/);
  expect(end.stderr).not.to.match(/^\s+at /m);
  expect(end.stderr).not.to.include("fault of critique");
  expect(end.stdout).to.equal("");
  expect(end.code, end.stderr).to.equal(code);
}
