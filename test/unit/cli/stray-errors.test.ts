import { expect } from "chai";
import { describe, it } from "mocha";
import { catchStrayErrors, handOverStrayError, StrayError } from "../../../src/cli/stray-errors.js";
import { RpcError } from "../../../src/cri/rpc-error.js";

describe("stray errors", () => {
  it("wind up a run", () => {
    using strays = catchStrayErrors();
    expect(handOverStrayError(new Error("oops"))).to.equal(true);
    expect(strays.signal.reason).to.be.instanceOf(StrayError);
  });

  it("are no reason to end it where a call failed that a spec left behind", () => {
    using strays = catchStrayErrors();
    expect(handOverStrayError(new RpcError("StopContainer", 5, "gone", false))).to.equal(true);
    expect(strays.signal.aborted).to.equal(false);
  });

  it("are left to the process when nobody catches them", () => {
    expect(handOverStrayError(new Error("oops"))).to.equal(false);
    expect(handOverStrayError(new RpcError("StopContainer", 5, "gone", false))).to.equal(false);
  });
});
