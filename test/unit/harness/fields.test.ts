import { create } from "@bufbuild/protobuf";
import { expect } from "chai";
import { describe, it } from "mocha";
import { ContainerStatusSchema } from "../../../src/cri/gen/runtime/v1/api_pb.js";
import { fieldMismatches } from "../../../src/harness/fields.js";

describe("comparing fields", () => {
  const whole = create(ContainerStatusSchema, { id: "a", resources: { linux: { cpuShares: 2n } } });
  const subjects = (seen: object, expected: object): string[] =>
    fieldMismatches("status", seen, expected).map(({ subject }) => subject);

  it("looks at the named fields alone, at any depth", () => {
    expect(subjects(whole, { id: "a", resources: { linux: { cpuShares: 2 } } })).to.deep.equal([]);
    expect(subjects(whole, { id: "b", resources: { linux: { cpuShares: 3 } } })).to.deep.equal([
      "status.id",
      "status.resources.linux.cpu_shares",
    ]);
  });

  it("looks at every field of a message that is expected, set or not", () => {
    expect(subjects(whole, create(ContainerStatusSchema, whole))).to.deep.equal([]);
    expect(subjects(whole, create(ContainerStatusSchema, { id: "a" }))).to.deep.equal(["status.resources"]);
    expect(subjects(create(ContainerStatusSchema, { id: "a" }), whole)).to.deep.equal(["status.resources"]);
  });
});
