import { expect } from "chai";
import { describe, it } from "mocha";
import { parseImageCatalogue } from "../../../src/images/catalogue.js";
import { startHermeticImages } from "../../../src/images/hermetic-images.js";
import { ImageNotAvailableError, UnknownImageError } from "../../../src/images/image-source.js";
import { parseOverrides } from "../../../src/images/overrides.js";
import { publicImages } from "../../../src/images/public-images.js";
import { DeclarationError } from "../../../src/images/shape.js";
import { fakeBusybox } from "./fake-busybox.js";

const catalogue = parseImageCatalogue(
  `images:
    - { name: shell, purpose: p, tags: ["1", latest], layers: [base], public: registry.example/team/shell:9 }
    - { name: pair, purpose: p, variants: [a, b], layers: [base], public: { a: "registry.example/pair:a" } }
    - { name: fixed, purpose: p, tags: ["1"], pullBy: digest, layers: [base] }`,
  "file.yaml",
);

describe("public images", () => {
  it("are the declared equivalents", () => {
    const images = publicImages({ catalogue });

    expect(images.reference("shell")).to.equal("registry.example/team/shell:9");
    expect(images.reference("shell", "latest")).to.equal("registry.example/team/shell:9");
    expect(images.reference("pair", "a")).to.equal("registry.example/pair:a");
  });

  it("come from a mirror, whose host takes the place of theirs", () => {
    const images = publicImages({ catalogue, registryPrefix: "mirror.example:5000/k8s/" });

    expect(images.reference("shell")).to.equal("mirror.example:5000/k8s/team/shell:9");
  });

  it("can be overridden, with and without a tag", () => {
    const overrides = parseOverrides('shell: own/shell:1\n"pair:b": own/pair:b', "own.yaml", catalogue);
    const images = publicImages({ catalogue, overrides, registryPrefix: "mirror.example" });

    expect(images.reference("shell", "latest")).to.equal("own/shell:1");
    expect(images.reference("pair", "b")).to.equal("own/pair:b");
    expect(images.reference("pair", "a")).to.equal("mirror.example/pair:a");
  });

  it("say what to do when there is no equivalent", () => {
    const images = publicImages({ catalogue });

    expect(() => images.reference("fixed")).to.throw(ImageNotAvailableError, "use --images hermetic");
    expect(() => images.reference("pair", "b")).to.throw(ImageNotAvailableError);
  });

  it("are not found under names and tags that were not declared", () => {
    const images = publicImages({ catalogue });

    expect(() => images.reference("other")).to.throw(UnknownImageError, 'no test image "other"');
    expect(() => images.reference("pair", "c")).to.throw(UnknownImageError, 'no tag "c", only a, b');
  });
});

describe("a file of test images", () => {
  const mistakes = [
    { yaml: "shell", message: "own.yaml must be a mapping" },
    { yaml: "shell: [a]", message: 'own.yaml: "shell" must be text' },
    { yaml: "shall: a", message: 'own.yaml: there is no test image "shall", only shell, pair, fixed' },
    { yaml: "shell: 'a", message: "own.yaml is no YAML" },
  ];
  for (const { yaml, message } of mistakes) {
    it(`is refused when it says ${yaml}`, () => {
      expect(() => parseOverrides(yaml, "own.yaml", catalogue)).to.throw(DeclarationError, message);
    });
  }
});

describe("hermetic images", () => {
  it("are served by the suite's own registry under each tag", async () => {
    await using images = await startHermeticImages({ catalogue, busybox: fakeBusybox });
    const { host, url } = images.registry;

    expect(images.reference("shell")).to.equal(`${host}/shell:1`);
    expect(images.reference("pair", "b")).to.equal(`${host}/pair:b`);
    for (const path of ["shell/manifests/1", "shell/manifests/latest", "pair/manifests/b"]) {
      expect((await fetch(`${url}/v2/${path}`)).status, path).to.equal(200);
    }
  });

  it("differ from variant to variant, and not from tag to tag", async () => {
    await using images = await startHermeticImages({ catalogue, busybox: fakeBusybox });
    const idOf = async (name: string, tag: string) => (await images.build(name, tag)).platforms[0]?.imageId;

    expect(await idOf("shell", "1")).to.equal(await idOf("shell", "latest"));
    expect(await idOf("pair", "a")).not.to.equal(await idOf("pair", "b"));
  });

  it("are referred to by digest where they are declared so", async () => {
    await using images = await startHermeticImages({ catalogue, busybox: fakeBusybox });
    const { root } = await images.build("fixed");

    expect(images.reference("fixed")).to.equal(`${images.registry.host}/fixed@${root.digest}`);
    expect((await fetch(`${images.registry.url}/v2/fixed/manifests/${root.digest}`)).status).to.equal(200);
  });

  it("can be overridden", async () => {
    const overrides = new Map([["shell", "own/shell:1"]]);
    await using images = await startHermeticImages({ catalogue, busybox: fakeBusybox, overrides });

    expect(images.reference("shell")).to.equal("own/shell:1");
  });
});
