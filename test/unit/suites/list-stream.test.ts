import { expect } from "chai";
import { describe, it } from "mocha";
import "../../../suites/list-stream/objects.spec.js";
import "../../../suites/list-stream/statistics.spec.js";
import { declaredSpecs } from "../../../src/harness/spec.js";
import { listingRuntime, pieces, type ListingFaults } from "../../support/listing-runtime.js";
import { runSpecs } from "../../support/run-specs.js";

const specs = declaredSpecs().filter(({ info }) => info.id.startsWith("LST-"));

async function failed(faults: ListingFaults): Promise<string[]> {
  const { answers, streams } = listingRuntime(faults);
  const { results } = await runSpecs(specs, answers, { parallel: 1 }, streams);
  const verdicts = new Set(results.specs.map(({ verdict }) => verdict));
  expect([...verdicts].filter((verdict) => verdict !== "passed" && verdict !== "failed")).to.be.empty;
  return results.specs.flatMap(({ id, verdict }) => (verdict === "failed" ? [id] : [])).sort();
}

describe("the specs of streamed lists", function () {
  this.timeout(60_000); // each test is a whole run

  it("pass on a runtime that streams what it lists", async () => {
    expect(specs.map(({ info }) => info.id)).to.deep.equal(["LST-001", "LST-002", "LST-003", "LST-004", "LST-005"]);
    expect(await failed({})).to.be.empty;
  });

  it("fail where an item is missing", async () => {
    const missing: ListingFaults = { cut: (items) => pieces(items.slice(1)) };
    expect(await failed(missing)).to.include.members(["LST-001", "LST-002", "LST-003", "LST-004", "LST-005"]);
  });

  it("fail where an item comes twice", async () => {
    const twice: ListingFaults = { cut: (items) => [...pieces(items), ...pieces(items.slice(-1))] };
    expect(await failed(twice)).to.include.members(["LST-001", "LST-002", "LST-003", "LST-004"]);
  });

  it("fail where a message is empty", async () => {
    const empty: ListingFaults = { cut: (items) => [...pieces(items), []] };
    expect(await failed(empty)).to.include.members(["LST-001", "LST-002", "LST-003", "LST-004", "LST-005"]);
  });

  it("fail where streamed items lack what listed ones have", async () => {
    expect(await failed({ bare: true })).to.include.members(["LST-001", "LST-002", "LST-003"]);
  });

  it("fail where streams ignore their filters", async () => {
    expect(await failed({ unfiltered: true })).to.include.members(["LST-004"]);
  });

  it("fail where streams that are left take containers with them", async () => {
    expect(await failed({ forgetful: true })).to.include.members(["LST-005"]);
  });
});
