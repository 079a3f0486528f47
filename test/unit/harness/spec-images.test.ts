import { expect } from "chai";
import { describe, it } from "mocha";
import { CriConnection } from "../../../src/cri/client.js";
import { parseEndpoint } from "../../../src/cri/endpoint.js";
import { newRunId } from "../../../src/harness/ownership.js";
import { runSuite, type SuiteRun } from "../../../src/harness/run.js";
import { makeSpec, type BehaviourMeta, type Spec, type SpecBody } from "../../../src/harness/spec.js";
import { loadImageCatalogue } from "../../../src/images/catalogue.js";
import { startHermeticImages } from "../../../src/images/hermetic-images.js";
import { startFakeRuntime, type Answers } from "../../support/fake-runtime.js";

const publicImages: SuiteRun["images"] = {
  reference: (name, tag = "1") => `registry.test/${name}:${tag}`,
  close: () => Promise.resolve(),
};

let next = 950;

function spec(body: SpecBody): Spec {
  const meta: BehaviourMeta = {
    title: "a test of the harness",
    level: "required",
    rpcs: ["PullImage"],
    clause: "none",
  };
  return makeSpec(`IMG-${next++}`, meta, body);
}

/** Runs the bodies as specs side by side; gives the references that RemoveImage was asked for. */
async function run(bodies: SpecBody[], images: SuiteRun["images"], answers: Answers = {}): Promise<string[]> {
  const removed: string[] = [];
  const runtime = await startFakeRuntime({
    pullImage: ({ image }) => ({ imageRef: `id-of-${image?.image}` }),
    removeImage: ({ image }) => {
      removed.push(image?.image ?? "");
      return {};
    },
    ...answers,
  });
  const connection = new CriConnection(parseEndpoint(runtime.socketPath));
  try {
    const results = await runSuite({
      runId: newRunId(),
      suiteVersion: "test",
      connection,
      endpointSource: "test",
      handler: "",
      specs: bodies.map(spec),
      images,
      parallel: 4,
      timeoutMs: 10_000,
      retries: 0,
      failFast: false,
      seed: 1,
      expectations: () => undefined,
      options: {},
      onEvent: () => undefined,
      signal: new AbortController().signal,
    });
    expect(results.specs.map(({ verdict, reason }) => `${verdict}${reason}`)).to.deep.equal(bodies.map(() => "passed"));
    return removed;
  } finally {
    connection.close();
    await runtime.close();
  }
}

describe("images of specs", () => {
  it("that several specs remove are, when public, one spec's at a time and gone when its turn comes", async () => {
    let users = 0;
    const seen: number[] = [];
    const body: SpecBody = async ({ images, rpc }) => {
      const { references } = await images.removable("same", ["1", "2"]);
      expect(references).to.deep.equal(["registry.test/same:1", "registry.test/same:2"]);
      seen.push(++users);
      await rpc.pullImage({ image: { image: references[0] } });
      await new Promise((resolve) => setImmediate(resolve));
      users--;
    };

    const removed = await run([body, body, body], publicImages);

    expect(seen).to.deep.equal([1, 1, 1]);
    expect(removed[0]).to.equal("registry.test/same:1");
  });

  it("are of their own where the suite serves them, with an id that no other image has", async () => {
    await using hermetic = await startHermeticImages({ catalogue: await loadImageCatalogue() });
    const references: string[] = [];
    const ids: string[] = [];
    const body: SpecBody = async ({ images }) => {
      const removable = await images.removable("same", ["1"]);
      references.push(...removable.references);
      const layers = [{ entries: [] }];
      const [first, second] = [await images.buildOwn({ layers }), await images.buildOwn({ layers })];
      ids.push(...[...first.platforms, ...second.platforms].map(({ imageId }) => imageId));
    };

    await run([body, body], hermetic);

    expect(new Set(references)).to.have.property("size", 2);
    expect(new Set(ids)).to.have.property("size", 4);
  });

  it("are removed by id as well once their tag names another image", async () => {
    let pulls = 0;
    const removed = await run(
      [
        async ({ rpc }) => {
          const image = { image: "registry.test/moving:1" };
          await rpc.pullImage({ image });
          await rpc.pullImage({ image });
        },
      ],
      publicImages,
      { pullImage: () => ({ imageRef: `id-${++pulls}` }) },
    );

    expect(removed).to.have.members(["id-1", "registry.test/moving:1"]);
  });
});
