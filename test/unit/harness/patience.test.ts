import { expect } from "chai";
import { describe, it } from "mocha";

import { patience } from "../../../src/harness/patience.js";

describe("patience", () => {
  it("is what it is up to eight tasks a processor", () => {
    expect(patience(0, 2)).to.equal(1);
    expect(patience(16, 2)).to.equal(1);
  });

  it("grows with the load of each processor", () => {
    expect(patience(32, 2)).to.equal(2);
    expect(patience(32, 4)).to.equal(1);
    expect(patience(60, 2)).to.equal(3.75);
  });

  it("ends somewhere", () => {
    expect(patience(10_000, 1)).to.equal(8);
  });
});
