import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { before, describe, it } from "mocha";
import { BENCHMARK_BEHAVIOURS } from "../../../src/bench/behaviours.js";
import { RPC_NAMES } from "../../../src/cri/methods.js";
import { loadSpecs } from "../../../src/harness/catalogue.js";
import { FEATURES } from "../../../src/harness/features.js";
import type { Spec } from "../../../src/harness/spec.js";

describe("the declared specs", () => {
  let specs: Spec[] = [];
  before(async () => (specs = await loadSpecs()));

  /** Ids of the specs for which a rule does not hold. */
  const breaking = (rule: (spec: Spec["info"]) => boolean): string[] =>
    specs.filter(({ info }) => !rule(info)).map(({ info }) => info.id);

  it("have a title that is a sentence without its full stop", () => {
    expect(breaking(({ title }) => /\S/.test(title) && !/[.\s]$|^\s/.test(title))).to.be.empty;
  });

  it("have titles that differ", () => {
    const titles = specs.map(({ info }) => info.title);
    expect(titles.filter((title, index) => titles.indexOf(title) !== index)).to.be.empty;
  });

  it("name RPCs of the contract, at least one", () => {
    expect(breaking(({ rpcs }) => rpcs.length > 0 && rpcs.every((name) => (RPC_NAMES as string[]).includes(name)))).to
      .be.empty;
  });

  it("cite a clause: where it is written, a colon, the rule", () => {
    expect(breaking(({ clause }) => /^[^:]{3,}: \S.{5,}/.test(clause))).to.be.empty;
  });

  it("need features of the closed list, each once", () => {
    expect(breaking(({ needs }) => needs.every((name) => name in FEATURES) && new Set(needs).size === needs.length)).to
      .be.empty;
  });

  it("keep every id that was ever published", async () => {
    const text = await readFile(new URL("../../../../fixtures/behaviour-ids.txt", import.meta.url), "utf8");
    const published = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    const declared = [...specs, ...BENCHMARK_BEHAVIOURS].map(({ info }) => info.id).sort();
    expect(declared, "add new ids to fixtures/behaviour-ids.txt; ids that were published stay").to.deep.equal(
      published,
    );
  });
});
