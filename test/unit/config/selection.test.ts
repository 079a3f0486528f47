import { expect } from "chai";
import fc from "fast-check";
import { describe, it } from "mocha";

import { UsageError } from "../../../src/config/errors.js";
import { select, type Selection } from "../../../src/config/selection.js";
import { sampleSpec } from "./spec-samples.js";

const SPECS = [
  sampleSpec("SBX-001", { title: "a sandbox stops" }),
  sampleSpec("SBX-002", { title: "a sandbox is listed", level: "optional" }),
  sampleSpec("CTR-001", { title: "a container stops", tags: ["slow"] }),
];

const chosen = (selection: Selection): string[] => select(SPECS, selection).map((spec) => spec.id);

/** Ids of up to 300 specs, all different. */
const specSets = fc
  .uniqueArray(fc.integer({ min: 0, max: 999 }), { minLength: 1, maxLength: 300 })
  .map((numbers) => numbers.map((number) => sampleSpec(`SBX-${String(number).padStart(3, "0")}`)));

describe("selection", () => {
  it("keeps everything in its order when nothing is asked", () => {
    expect(chosen({})).to.deep.equal(["SBX-001", "SBX-002", "CTR-001"]);
  });

  it("looks for expressions in id and title", () => {
    expect(chosen({ focus: [/stops/] })).to.deep.equal(["SBX-001", "CTR-001"]);
    expect(chosen({ focus: [/^CTR/, /listed/] })).to.deep.equal(["SBX-002", "CTR-001"]);
    expect(chosen({ skip: [/^CTR/, /listed/] })).to.deep.equal(["SBX-001"]);
  });

  it("wants every part to be satisfied", () => {
    expect(chosen({ focus: [/sandbox/], levels: ["required"], ids: ["SBX-*", "CTR-001"] })).to.deep.equal(["SBX-001"]);
    expect(chosen({ labelFilter: "!slow", skip: [/listed/] })).to.deep.equal(["SBX-001"]);
  });

  it("refuses to select nothing, naming what selected", () => {
    expect(() => chosen({ focus: [/nowhere/], levels: ["required"] })).to.throw(
      UsageError,
      "No spec is selected: --focus nowhere and --level required leave none of 3",
    );
    expect(() => select([], {})).to.throw(UsageError, "No spec is selected");
  });

  it("names the option whose value is wrong", () => {
    expect(() => chosen({ ids: ["SBX-1"] })).to.throw(UsageError, '--ids: "SBX-1" is no id');
    expect(() => chosen({ labelFilter: "slow &&" })).to.throw(UsageError, '--label-filter: "slow &&", position 8');
  });

  it("refuses an empty shard with the most there can be", () => {
    expect(() => chosen({ shard: { index: 4, count: 4 } })).to.throw(UsageError, "use at most 3 shards");
  });

  it("deals every spec to exactly one shard, in parts that differ by one at most", () => {
    fc.assert(
      fc.property(specSets, fc.integer({ min: 1, max: 12 }), (specs, wanted) => {
        const count = Math.min(wanted, specs.length);
        const shards = Array.from({ length: count }, (_, at) => select(specs, { shard: { index: at + 1, count } }));
        const ids = shards.flat().map((spec) => spec.id);
        expect(ids).to.have.members(specs.map((spec) => spec.id));
        expect(new Set(ids).size).to.equal(specs.length);
        const sizes = shards.map((shard) => shard.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).to.be.at.most(1);
      }),
    );
  });

  it("deals a spec to the same shard in whatever order the specs come", () => {
    fc.assert(
      fc.property(specSets, fc.integer({ min: 1, max: 5 }), (specs, count) => {
        fc.pre(specs.length >= count);
        const shard = { index: count, count };
        const forwards = select(specs, { shard }).map((spec) => spec.id);
        const backwards = select([...specs].reverse(), { shard }).map((spec) => spec.id);
        expect(backwards.reverse()).to.deep.equal(forwards);
      }),
    );
  });

  it("shards what the rest selects", () => {
    const parts = [1, 2].flatMap((index) => chosen({ skip: [/CTR/], shard: { index, count: 2 } }));
    expect(parts).to.have.members(["SBX-001", "SBX-002"]);
  });
});
