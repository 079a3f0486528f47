import { expect } from "chai";
import { describe, it } from "mocha";
import { contractFields } from "../../../src/harness/contract-fields.js";
import { readCoverageExceptions } from "../../../src/harness/coverage-exceptions.js";
import { gapsOf } from "../../../src/report/coverage.js";
import { readCoverageRecord } from "../../../tools/coverage-docs.js";

describe("the recorded coverage", () => {
  it("is of the contract as it is", async () => {
    const { fields } = await readCoverageRecord();
    expect(fields.map(({ field }) => field)).to.have.members(contractFields().map(({ name }) => name));
  });

  it("leaves nothing out without a reason, and gives no reason for what was reached", async () => {
    const { notCalled, notSent, notAsserted } = gapsOf(await readCoverageRecord());
    const exceptions = await readCoverageExceptions();
    expect(Object.keys(exceptions.notCalled)).to.have.members(notCalled.map(({ rpc }) => rpc));
    expect(Object.keys(exceptions.notSent)).to.have.members(notSent.map(({ field }) => field));
    expect(Object.keys(exceptions.notAsserted)).to.have.members(notAsserted.map(({ field }) => field));
  });
});
