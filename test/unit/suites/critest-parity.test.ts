import { expect } from "chai";
import { describe, it } from "mocha";
import { SCENARIOS } from "../../../src/bench/scenarios/index.js";
import { BENCHMARK_BEHAVIOURS } from "../../../src/bench/behaviours.js";
import { loadSpecs } from "../../../src/harness/catalogue.js";
import { behavioursByCritest } from "../../../tools/critest-parity.js";
import { readCritestGroups } from "../../../tools/critest-specs.js";

describe("the parity with critest", () => {
  it("leaves no spec of critest without a behaviour", async () => {
    const covering = await behavioursByCritest();
    const titles = (await readCritestGroups()).flatMap((group) => group.titles);
    expect(titles).to.not.be.empty;
    expect(titles.filter((title) => !covering.has(title))).to.be.empty;
  });

  it("knows every title that a behaviour says it covers", async () => {
    const titles = (await readCritestGroups()).flatMap((group) => group.titles);
    expect(new Set(titles).size, "titles are listed once").to.equal(titles.length);
    expect([...(await behavioursByCritest()).keys()].filter((title) => !titles.includes(title))).to.be.empty;
  });
});

describe("the behaviours that are measured", () => {
  it("name scenarios that exist", () => {
    for (const { info, scenarios } of BENCHMARK_BEHAVIOURS)
      expect([...SCENARIOS.keys()], info.id).to.include.members([...scenarios]);
  });

  it("have ids that no spec has", async () => {
    const ids = (await loadSpecs()).map(({ info }) => info.id);
    expect(BENCHMARK_BEHAVIOURS.filter(({ info }) => ids.includes(info.id))).to.be.empty;
  });
});
