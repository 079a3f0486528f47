import { expect } from "chai";
import { describe, it } from "mocha";
import { buildDeclaredImage } from "../../../src/images/build-declared.js";
import { loadImageCatalogue, parseImageCatalogue } from "../../../src/images/catalogue.js";
import { hostArchitecture } from "../../../src/images/busybox.js";
import { DeclarationError } from "../../../src/images/shape.js";
import { tagsOf } from "../../../src/images/declaration.js";
import { isRepositoryName } from "../../../src/registry/route.js";
import { fakeBusybox } from "./fake-busybox.js";
import { readTar } from "./read-tar.js";

const imageWith = (lines: string) => `images: [{ name: x, purpose: p, ${lines} }]`;

function parseOne(lines: string) {
  const image = parseImageCatalogue(imageWith(lines), "file.yaml").get("x");
  if (image === undefined) throw new Error("no image x");
  return image;
}

/** The text files of the topmost layer of the first platform. */
async function topFiles(lines: string, variant?: string): Promise<Record<string, string>> {
  const built = await buildDeclaredImage(parseOne(lines), variant, fakeBusybox);
  const members = await readTar(built.platforms[0]?.layers.at(-1)?.blob.open() ?? (async function* () {})());
  return Object.fromEntries(members.map(({ header, text }) => [header.name, text]));
}

describe("the image catalogue", () => {
  it("declares images that build, under names that a registry takes, each with an id of its own", async () => {
    const ids: string[] = [];
    for (const image of (await loadImageCatalogue()).values()) {
      expect(isRepositoryName(image.name), image.name).to.equal(true);
      expect(tagsOf(image), image.name).not.to.be.empty;
      if (image.name === "random-100mib") continue;
      for (const variant of image.variants.length === 0 ? [undefined] : image.variants) {
        const built = await buildDeclaredImage(image, variant, fakeBusybox);
        ids.push(...built.platforms.map((platform) => platform.imageId));
      }
    }
    expect(new Set(ids).size).to.equal(ids.length);
  });

  it("has the images that the suite's own helpers ask for", async () => {
    expect([...(await loadImageCatalogue()).keys()]).to.include.members(["busybox", "pause", "web"]);
  });

  it("fills in the variant and the machine", async () => {
    const lines =
      'variants: [v7], layers: [{ compression: none, entries: [{ file: f, content: "${variant} ${architecture}" }] }]';

    expect(await topFiles(lines, "v7")).to.deep.equal({ f: `v7 ${hostArchitecture}` });
  });

  it("turns ports and volumes into the mappings that a config has", () => {
    const { config } = parseOne(
      'tags: [a], layers: [base], config: { ExposedPorts: [80/tcp], Volumes: [/v], User: "1" }',
    );

    expect(config).to.deep.equal({ ExposedPorts: { "80/tcp": {} }, Volumes: { "/v": {} }, User: "1" });
  });

  it("gives large files incompressible content that differs from image to image", async () => {
    const lines = (path: string) =>
      `tags: [a], layers: [{ compression: none, entries: [{ file: ${path}, random: 64 }] }]`;
    const [first, second] = [await topFiles(lines("one")), await topFiles(lines("two"))];

    expect(first.one).not.to.equal(second.two);
    expect(await topFiles(lines("one"))).to.deep.equal(first);
  });

  const mistakes = [
    { lines: "layers: [base]", message: "x: give either tags or variants" },
    { lines: "tags: [a], variants: [b], layers: [base]", message: "x: give either tags or variants" },
    { lines: "tags: [a]", message: 'x: "layers" must be a list, and is missing' },
    { lines: "tags: [1], layers: [base]", message: '"tags" must be a list of texts, and is [1]' },
    { lines: "tags: [a], layers: [base], colour: red", message: 'x: "colour" means nothing here' },
    { lines: "tags: [a], layers: [base], format: tar", message: '"format" must be one of oci, docker, and is "tar"' },
    { lines: "tags: [a], layers: [base], config: { Cmd: sh }", message: '"Cmd" must be a list, and is "sh"' },
    { lines: "tags: [a], layers: [base], config: { cmd: [sh] }", message: '"cmd" means nothing here' },
    { lines: "tags: [a], layers: [base], public: { b: ref }", message: '"b" is none of its tags' },
    {
      lines: "tags: [a], layers: [{ entries: [{ path: x }] }]",
      message: "layer 1: entry 1 needs one of file, directory",
    },
    { lines: "tags: [a], layers: [{ entries: [{ file: x }] }]", message: '"content" must be text, and is missing' },
    { lines: "tags: [a], layers: [{ entries: [{ file: x, content: '', mode: -1 }] }]", message: "whole number" },
  ];
  for (const { lines, message } of mistakes) {
    it(`refuses { ${lines} }`, () => {
      expect(() => parseOne(lines)).to.throw(DeclarationError, message);
    });
  }

  it("refuses a name that is declared twice", () => {
    const image = "{ name: x, purpose: p, tags: [a], layers: [base] }";
    expect(() => parseImageCatalogue(`images: [${image}, ${image}]`, "file.yaml")).to.throw('"x" is declared twice');
  });
});
