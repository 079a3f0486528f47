import { expect } from "chai";
import { describe, it } from "mocha";
import { shuffled } from "../../../src/harness/scheduler.js";
import { makeSpec } from "../../../src/harness/spec.js";
import { longestFirst, recordedDurations } from "../../../src/harness/spec-durations.js";

const specs = Array.from({ length: 40 }, (_, index) =>
  makeSpec(
    `ERR-${String(index + 100)}`,
    { title: "a test", level: "required", rpcs: ["Version"], clause: "none" },
    () => Promise.resolve(),
  ),
);
const ids = (order: typeof specs) => order.map(({ info }) => info.id);

describe("the order of specs", () => {
  it("begins with those that take long, and is the seed's otherwise", () => {
    const durations = new Map([
      ["ERR-107", 60_000],
      ["ERR-103", 9_000],
      ["ERR-104", 2],
    ]);
    const order = ids(longestFirst(shuffled(specs, 7), durations));
    expect(order.slice(0, 2)).to.deep.equal(["ERR-107", "ERR-103"]);
    expect(order.at(-1)).to.equal("ERR-104");
    const rest = (list: string[]) => list.filter((id) => !durations.has(id));
    expect(rest(order)).to.deep.equal(rest(ids(shuffled(specs, 7))));
    expect(rest(order)).not.to.deep.equal(rest(ids(longestFirst(shuffled(specs, 8), durations))));
  });

  it("ends with those that have to come last, however long they take", () => {
    const isLast = (id: string) => ["ERR-100", "ERR-107", "ERR-120"].includes(id);
    const marked = specs.map((spec) => ({ ...spec, last: isLast(spec.info.id) }));
    const order = ids(longestFirst(marked, new Map([["ERR-107", 60_000]])));
    expect(order.slice(-3)).to.deep.equal(["ERR-107", "ERR-100", "ERR-120"]);
    expect(order.slice(0, -3)).to.deep.equal(ids(specs).filter((id) => !isLast(id)));
  });

  it("knows how long the suite's specs took", async () => {
    const durations = await recordedDurations();
    expect(durations.size).to.be.greaterThan(200);
    for (const [id, ms] of durations) expect(ms, id).to.be.greaterThan(0);
  });
});
