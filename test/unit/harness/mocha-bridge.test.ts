import { expect } from "chai";
import { describe, it } from "mocha";
import { executeWithMocha } from "../../../src/harness/mocha-bridge.js";

describe("executeWithMocha", () => {
  it("leaves a body as long as it needs, without mocha's own timeout", async () => {
    let timeoutMs: number | undefined;
    const { thrown } = await executeWithMocha("CTR-001", function (this: Mocha.Context) {
      timeoutMs = this.timeout();
      return Promise.resolve();
    });

    expect(thrown).to.equal(undefined);
    expect(timeoutMs).to.equal(0);
  });

  it("says what the body threw", async () => {
    const error = new Error("on purpose");

    expect(await executeWithMocha("CTR-001", () => Promise.reject(error))).to.deep.equal({ thrown: error });
  });
});
