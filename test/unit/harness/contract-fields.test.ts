import { expect } from "chai";
import { describe, it } from "mocha";
import { RPC_NAMES } from "../../../src/cri/methods.js";
import { contractFields } from "../../../src/harness/contract-fields.js";
import { readCoverageExceptions } from "../../../src/harness/coverage-exceptions.js";

describe("the fields of the contract", () => {
  const fields = new Map(contractFields().map((field) => [field.name, field]));

  it("say where they can occur", () => {
    expect(fields.get("StopContainerRequest.timeout")?.in).to.deep.equal(["request"]);
    expect(fields.get("ContainerStatus.exit_code")?.in).to.deep.equal(["reply"]);
    expect(fields.get("Mount.host_path")?.in).to.have.members(["request", "reply"]);
    expect(fields.get("StreamImagesResponse.images")?.in, "of a stream").to.deep.equal(["reply"]);
  });

  it("are for Windows only where every way to them is", () => {
    expect(fields.get("WindowsContainerResources.cpu_count")?.windowsOnly).to.equal(true);
    expect(fields.get("ContainerConfig.windows")?.windowsOnly).to.equal(true);
    expect(fields.get("UInt64Value.value")?.windowsOnly, "also of Linux").to.equal(false);
  });

  it("are excused by name, on the side where they occur, with a reason", async () => {
    const { notCalled, notSent, notAsserted } = await readCoverageExceptions();
    const without = (names: string[], side: "request" | "reply") =>
      names.filter((name) => !fields.get(name)?.in.includes(side) || fields.get(name)?.windowsOnly);
    expect(Object.keys(notCalled).filter((name) => !(RPC_NAMES as string[]).includes(name))).to.be.empty;
    expect(without(Object.keys(notSent), "request")).to.be.empty;
    expect(without(Object.keys(notAsserted), "reply")).to.be.empty;
    for (const reason of [notCalled, notSent, notAsserted].flatMap((list) => Object.values(list))) {
      expect(reason).to.match(/^\S.{15,}/);
    }
  });
});
