import { expect } from "chai";
import { describe, it } from "mocha";
import { withParents } from "../../../src/images/parents.js";

describe("directories that entries need", () => {
  it("are added once, in the lowest layer that needs them", () => {
    const [lower, upper] = withParents([
      [{ type: "file", path: "a/b/c", content: "" }],
      [{ type: "file", path: "a/d/e", content: "" }],
    ]);

    expect(lower?.map((entry) => entry.path)).to.deep.equal(["a/b/c", "a", "a/b"]);
    expect(upper?.map((entry) => entry.path)).to.deep.equal(["a/d/e", "a/d"]);
  });

  it("are not named again, which would reset their mode", () => {
    const [, upper] = withParents([
      [{ type: "directory", path: "tmp", mode: 0o1777 }],
      [{ type: "file", path: "tmp/x", content: "" }],
    ]);

    expect(upper?.map((entry) => entry.path)).to.deep.equal(["tmp/x"]);
  });

  it("come back after a whiteout", () => {
    const [, , top] = withParents([
      [{ type: "directory", path: "d/e" }],
      [{ type: "whiteout", path: "d" }],
      [{ type: "file", path: "d/e/f", content: "" }],
    ]);

    expect(top?.map((entry) => entry.path)).to.deep.equal(["d/e/f", "d", "d/e"]);
  });
});
