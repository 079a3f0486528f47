import { expect } from "chai";
import fc from "fast-check";
import { describe, it } from "mocha";

import { UsageError } from "../../../src/config/errors.js";
import { parseLabelFilter } from "../../../src/config/label-filter.js";
import { sampleSpec } from "./spec-samples.js";

const SPECS = [
  sampleSpec("SBX-001", { area: "sandbox", tags: ["slow"], needs: ["cgroup-v2"] }),
  sampleSpec("CTR-001", { area: "container", rpcs: ["StopContainer", "ContainerStatus"] }),
  sampleSpec("CTR-002", { area: "container", level: "recommended", tags: ["slow"] }),
];

const chosen = (filter: string): string[] => SPECS.filter(parseLabelFilter(filter, SPECS)).map((spec) => spec.id);

describe("label filter", () => {
  it("matches bare names and names with their kind", () => {
    expect(chosen("slow")).to.deep.equal(["SBX-001", "CTR-002"]);
    expect(chosen("tag:slow")).to.deep.equal(["SBX-001", "CTR-002"]);
    expect(chosen("area:container")).to.deep.equal(["CTR-001", "CTR-002"]);
    expect(chosen("level:recommended")).to.deep.equal(["CTR-002"]);
    expect(chosen("feature:cgroup-v2")).to.deep.equal(["SBX-001"]);
    expect(chosen("rpc:stopcontainer")).to.deep.equal(["CTR-001"]);
  });

  it("binds ! closest, then &&, then ||", () => {
    expect(chosen("required && !slow")).to.deep.equal(["CTR-001"]);
    expect(chosen("recommended || required && slow")).to.deep.equal(["SBX-001", "CTR-002"]);
    expect(chosen("(recommended || required) && slow")).to.deep.equal(["SBX-001", "CTR-002"]);
    expect(chosen("!(slow || area:sandbox)")).to.deep.equal(["CTR-001"]);
    expect(chosen("!!slow")).to.deep.equal(["SBX-001", "CTR-002"]);
  });

  it("knows every level, also where no spec has it", () => {
    expect(chosen("optional")).to.deep.equal([]);
  });

  for (const [filter, position, what] of [
    ["", 1, "a label is missing"],
    ["slow &&", 8, "a label is missing"],
    ["slow required", 6, '"required" does not follow'],
    ["(slow", 6, '")" is missing'],
    ["slow)", 5, '")" does not follow'],
    ["&& slow", 1, 'a label is missing before "&&"'],
    ["slow & required", 6, '"&" has no meaning here'],
    ["required && !slwo", 14, 'no spec has the label "slwo"; did you mean "slow"?'],
  ] as const) {
    it(`points at what is wrong in ${JSON.stringify(filter)}`, () => {
      expect(() => chosen(filter)).to.throw(UsageError, `position ${position}: ${what}`);
    });
  }

  it("agrees with boolean algebra for any expression", () => {
    type Node = { text: string; test: (id: string) => boolean };
    const leaf = fc.constantFrom("slow", "required", "area:container", "rpc:StopContainer").map((label): Node => {
      const ids = chosen(label);
      return { text: label, test: (id) => ids.includes(id) };
    });
    const { tree } = fc.letrec<{ tree: Node }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        leaf,
        tie("tree").map((inner) => ({ text: `!(${inner.text})`, test: (id: string) => !inner.test(id) })),
        fc.tuple(tie("tree"), tie("tree")).map(([a, b]) => ({
          text: `(${a.text}) && (${b.text})`,
          test: (id: string) => a.test(id) && b.test(id),
        })),
        fc.tuple(tie("tree"), tie("tree")).map(([a, b]) => ({
          text: `(${a.text})||(${b.text})`,
          test: (id: string) => a.test(id) || b.test(id),
        })),
      ),
    }));
    fc.assert(
      fc.property(tree, ({ text, test }) => {
        expect(chosen(text)).to.deep.equal(SPECS.map((spec) => spec.id).filter(test));
      }),
    );
  });

  it("never throws anything but a usage error", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."slow:&|!() a-") }), (text) => {
        try {
          parseLabelFilter(text, SPECS);
        } catch (error) {
          expect(error).to.be.instanceOf(UsageError);
        }
      }),
    );
  });
});
