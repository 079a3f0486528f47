import { create } from "@bufbuild/protobuf";
import { status } from "@grpc/grpc-js";
import { expect } from "chai";
import { describe, it } from "mocha";
import "../../../suites/image/failure.spec.js";
import { ImageSchema, ImageSpecSchema, RuntimeHandlerSchema } from "../../../src/cri/gen/runtime/v1/api_pb.js";
import { declaredSpecs } from "../../../src/harness/spec.js";
import { startRegistry } from "../../../src/registry/registry.js";
import { Refusal, type Answers } from "../../support/fake-runtime.js";
import { runSpecs } from "../../support/run-specs.js";

const specs = declaredSpecs().filter(({ info }) => info.id === "IMG-059");

/** A runtime with two handlers; its images have no content. */
function pullingRuntime({
  refusesUnknown,
  keepsRefused,
}: {
  refusesUnknown: boolean;
  keepsRefused?: boolean;
}): Answers {
  const handlers = ["", "known"];
  const pulled = new Set<string>();
  const named = (reference: string) => create(ImageSchema, { id: `id-${reference}`, repoTags: [reference] });
  return {
    status: () => ({ runtimeHandlers: handlers.map((name) => create(RuntimeHandlerSchema, { name })) }),
    pullImage: ({ image: { image, runtimeHandler } = create(ImageSpecSchema) }) => {
      const isRefused = refusesUnknown && !handlers.includes(runtimeHandler);
      if (!isRefused || keepsRefused) pulled.add(image);
      if (isRefused) throw new Refusal(status.INVALID_ARGUMENT, `no runtime handler ${runtimeHandler}`);
      return { imageRef: `id-${image}` };
    },
    imageStatus: ({ image }) => (image && pulled.has(image.image) ? { image: named(image.image) } : {}),
    listImages: () => ({ images: [...pulled].map(named) }),
    removeImage: ({ image }) => {
      pulled.delete(image?.image ?? "");
      return {};
    },
  };
}

/** The subjects of what IMG-059 does not agree with. */
async function disagreements(answers: Answers): Promise<string[]> {
  const registry = await startRegistry({ host: "127.0.0.1" });
  const images = { reference: (name: string) => `localhost/${name}`, registry, close: () => Promise.resolve() };
  const { results } = await runSpecs(specs, answers, { images });
  await registry.close();
  const outcome = results.specs[0]?.attempts[0]?.outcome;
  if (outcome?.status !== "mismatch") expect(outcome?.status, "how the spec ended").to.equal("ok");
  return outcome?.status === "mismatch" ? outcome.mismatches.map(({ subject }) => subject) : [];
}

describe("the spec of pulls for an unknown runtime handler", () => {
  it("passes on a runtime that refuses them", async () => {
    expect(await disagreements(pullingRuntime({ refusesUnknown: true }))).to.be.empty;
  });

  it("fails where they succeed", async () => {
    expect(await disagreements(pullingRuntime({ refusesUnknown: false }))).to.include(
      "PullImage for an unknown handler",
    );
  });

  it("fails where a refused pull leaves the image", async () => {
    const seen = await disagreements(pullingRuntime({ refusesUnknown: true, keepsRefused: true }));
    expect(seen.join()).to.include("after the pull for an unknown handler").and.not.include("PullImage for");
  });
});
