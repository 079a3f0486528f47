import { create } from "@bufbuild/protobuf";
import { expect } from "chai";
import { describe, it } from "mocha";
import { ImageService, PullImageRequestSchema } from "../../../../src/cri/gen/runtime/v1/api_pb.js";
import { creationOf } from "../../../../src/harness/ledger/tracked-calls.js";

describe("what the ledger takes for a creation", () => {
  const pulled = (image: string) =>
    creationOf(ImageService.method.pullImage, create(PullImageRequestSchema, { image: { image } }));

  it("is an image that is asked for by its reference", () => {
    expect(pulled("registry.example/a:1")).to.deep.equal({ kind: "image", name: "registry.example/a:1" });
  });

  it("is no pull without a reference, of which nothing can be left", () => {
    expect(pulled("")).to.equal(undefined);
    expect(creationOf(ImageService.method.pullImage, create(PullImageRequestSchema, {}))).to.equal(undefined);
  });
});
