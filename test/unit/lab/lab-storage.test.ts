import { expect } from "chai";
import { describe, it } from "mocha";
import { usualStorage } from "../../../src/lab/lab-storage.js";

const GIB = 1024 ** 3;

describe("where the lab of a run keeps images and containers", () => {
  it("is memory where a tmpfs holds everything and there is room", () => {
    expect(usualStorage("6.6.0-1-amd64", 8 * GIB)).to.equal("memory");
    expect(usualStorage("7.0.1", 4 * GIB)).to.equal("memory");
  });

  it("is the disk with a kernel whose tmpfs lacks attributes of users", () => {
    expect(usualStorage("6.1.0-18-amd64", 64 * GIB)).to.equal("disk");
    expect(usualStorage("5.15.0", 64 * GIB)).to.equal("disk");
    expect(usualStorage("unknown", 64 * GIB)).to.equal("disk");
  });

  it("is the disk where memory is short", () => {
    expect(usualStorage("6.18.0", 3 * GIB)).to.equal("disk");
  });
});
