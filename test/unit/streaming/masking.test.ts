import { expect } from "chai";
import { describe, it } from "mocha";
import { Masking } from "../../../src/streaming/websocket/masking.js";

describe("Masking", () => {
  const masking = new Masking();
  const keyFor = (sizeBytes: number): string => {
    const key = Buffer.alloc(4, 1);
    masking.next(sizeBytes);
    masking.generate(key);
    return key.toString("hex");
  };

  it("gives small frames random keys, also after bulk data", () => {
    keyFor(1 << 20);
    const keys = Array.from({ length: 8 }, () => keyFor(100));
    expect(new Set(keys).size).to.be.above(4);
  });

  it("gives bulk data the key that changes nothing", () => {
    expect(keyFor(64 * 1024)).to.equal("00000000");
  });
});
