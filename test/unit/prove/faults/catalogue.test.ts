import { expect } from "chai";
import { describe, it } from "mocha";
import { RPC_NAMES } from "../../../../src/cri/methods.js";
import { allFaults, chooseFaults } from "../../../../src/prove/faults/catalogue.js";
import { EquivalentFaults } from "../../../../src/prove/faults/equivalent.js";

describe("catalogue of faults", () => {
  const faults = allFaults();
  const ids = faults.map(({ id }) => id);

  it("has faults of every RPC, of each family", () => {
    for (const rpc of RPC_NAMES) expect(ids).to.include(`noop:${rpc}`);
    const semantic = faults.filter(({ family }) => family === "semantic");
    expect(semantic.length).to.be.at.least(60);
    expect(faults.some(({ family }) => family === "transport")).to.equal(true);
  });

  it("follows the contract into inner messages and leaves Windows out", () => {
    expect(ids).to.include.members([
      "ignored:CreateContainer.config.linux.resources.cpu_period",
      "omitted:ContainerStatus.status.image.image",
      "wrong:ListPodSandbox.items.labels",
    ]);
    expect(ids.filter((id) => /windows/i.test(id))).to.deep.equal([]);
  });

  it("has a title that is a sentence and at least one RPC for each", () => {
    for (const { id, title, reach, upstream } of faults) {
      expect(title, id).to.match(/^[A-Z].*[^.]$/);
      expect(reach.rpcs, id).to.not.be.empty;
      if (upstream !== undefined) expect(upstream, id).to.match(/^https:\/\/github\.com\/.+\/(issues|pull)\/\d+$/);
    }
  });

  it("makes every fault anew for each use", () => {
    for (const fault of faults) {
      const { interceptors = {}, relay } = fault.make(() => undefined);
      expect(Object.keys(interceptors).length + (relay ? 1 : 0), fault.id).to.be.above(0);
    }
  });

  it("is chosen from by globs and families", () => {
    const chosen = chooseFaults(faults, { ids: ["*:Version", "late:Exec*"], families: ["derived"] }).map(
      ({ id }) => id,
    );
    expect(chosen).to.have.members([
      "noop:Version",
      "fails:Version",
      "wrong-code:Version",
      "swallowed:Version",
      "late:Version",
      "late:Exec",
      "late:ExecSync",
    ]);
  });
});

describe("list of equivalent faults", () => {
  const known = ["noop:Version", "late:Version", "late:Status"];
  const parse = (text: string): EquivalentFaults => EquivalentFaults.parse(text, "list.yaml", known);

  it("gives the reason for what it names", () => {
    const list = parse("- faults: ['late:*']\n  reason: nothing bounds it\n");
    expect(list.reasonFor("late:Status")).to.equal("nothing bounds it");
    expect(list.reasonFor("noop:Version")).to.equal(undefined);
  });

  for (const [what, text, rule] of [
    ["no list", "a: b", /no list/],
    ["an entry without a reason", "- faults: ['late:*']", /entry 1/],
    ["a name of no fault", "- faults: ['slow:*']\n  reason: x", /"slow:\*" is the id of no fault/],
  ] as const) {
    it(`refuses ${what}`, () => expect(() => parse(text)).to.throw(rule));
  }
});
