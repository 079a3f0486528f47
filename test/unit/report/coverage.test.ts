import { expect } from "chai";
import { describe, it } from "mocha";

import { coverageOf, coverageSummary, gapsOf } from "../../../src/report/coverage.js";
import type { RunResults } from "../../../src/report/model.js";
import { attempt, resultsOf, resultsOfOne } from "./sample-run.js";

const CONTRACT: NonNullable<RunResults["run"]["contract"]> = {
  rpcs: ["Version", "StopContainer", "Exec"],
  fields: [
    { name: "StopContainerRequest.container_id", in: ["request"], windowsOnly: false },
    { name: "Mount.image", in: ["request", "reply"], windowsOnly: false },
    { name: "ContainerStatus.reason", in: ["reply"], windowsOnly: false },
    { name: "ContainerConfig.windows", in: ["request"], windowsOnly: true },
  ],
  exceptions: { notCalled: { Exec: "elsewhere" }, notSent: { "Mount.image": "too new" }, notAsserted: {} },
};

/** Results of one spec that touched some fields. */
function touched(): RunResults {
  const coverage = {
    sent: ["StopContainerRequest.container_id"],
    received: ["ContainerStatus.reason", "Mount.image"],
    read: ["ContainerStatus.reason", "Mount.image"],
    asserted: ["ContainerStatus.reason"],
  };
  const results = resultsOfOne({ ...attempt({ status: "ok" }), coverage });
  return { ...results, run: { ...results.run, contract: CONTRACT } };
}

describe("the coverage of a run", () => {
  it("counts specs and calls of every RPC, the contract's first", () => {
    const { run, specs } = resultsOf();
    const { rpcs } = coverageOf({
      run: { ...run, contract: { rpcs: ["Version", "Status", "ContainerStatus"] } },
      specs,
    });
    expect(rpcs.slice(0, 3)).to.deep.equal([
      { rpc: "Version", about: 0, calledBy: 1, calls: 1, unexpected: 0 },
      { rpc: "Status", about: 0, calledBy: 0, calls: 0, unexpected: 0 },
      { rpc: "ContainerStatus", about: 2, calledBy: 1, calls: 1, unexpected: 2 },
    ]);
    expect(rpcs.map(({ rpc }) => rpc)).to.include("StopContainer");
  });

  it("counts specs on each side where a field can occur", () => {
    expect(coverageOf(touched()).fields).to.deep.equal([
      { field: "StopContainerRequest.container_id", windowsOnly: false, sentBy: 1 },
      { field: "Mount.image", windowsOnly: false, sentBy: 0, notSent: "too new", receivedBy: 1, assertedBy: 0 },
      { field: "ContainerStatus.reason", windowsOnly: false, receivedBy: 1, assertedBy: 1 },
      { field: "ContainerConfig.windows", windowsOnly: true, sentBy: 0 },
    ]);
  });

  it("names what nobody reached, without what is for Windows", () => {
    const gaps = gapsOf(coverageOf(touched()));
    expect(gaps.notSent.map(({ field }) => field)).to.deep.equal(["Mount.image"]);
    expect(gaps.notAsserted.map(({ field }) => field)).to.deep.equal(["Mount.image"]);
    expect(gaps.notCalled.find(({ rpc }) => rpc === "Exec")).to.include({ notCalled: "elsewhere" });
    expect(coverageSummary(coverageOf(touched()))).to.include(
      "1 of 2 fields of requests were sent, those for Windows not counted.",
    );
  });
});
