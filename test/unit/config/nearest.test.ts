import { expect } from "chai";
import { describe, it } from "mocha";

import { nearest } from "../../../src/config/nearest.js";

describe("nearest", () => {
  it("finds slips of the finger", () => {
    const flags = ["--parallel", "--report-dir", "--skip", "--shard"];
    expect(nearest("--paralel", flags)).to.equal("--parallel");
    expect(nearest("--reprot-dir", flags)).to.equal("--report-dir");
    expect(nearest("--SKIP", flags)).to.equal("--skip");
  });

  it("finds nothing where nothing is near", () => {
    expect(nearest("--colour", ["--parallel", "--skip"])).to.equal(undefined);
    expect(nearest("x", ["abc"])).to.equal(undefined);
    expect(nearest("x", [])).to.equal(undefined);
  });
});
