import { expect } from "chai";
import { describe, it } from "mocha";
import { schedule, type Job } from "../../../src/harness/scheduler.js";

/** Jobs that end one turn after they started, with a record of what ran beside what. */
function recorded(locks: Record<string, readonly string[]>) {
  const running = new Set<string>();
  const beside = new Map<string, Set<string>>();
  const jobs = Object.entries(locks).map(([id, held]): Job => ({
    id,
    locks: held,
    run: async () => {
      running.add(id);
      const seen = beside.set(id, new Set()).get(id)!;
      for (const other of running) {
        if (other === id) continue;
        seen.add(other);
        beside.get(other)!.add(id);
      }
      await new Promise(setImmediate);
      running.delete(id);
    },
  }));
  return { jobs, beside, order: () => [...beside.keys()] };
}

const always = () => false;

describe("schedule", () => {
  it("never runs two jobs with one lock side by side, and lets others pass", async () => {
    const { jobs, beside } = recorded({ a: ["cpu"], b: ["cpu"], c: [] });
    await schedule(jobs, () => 3, always);
    expect([...beside.get("a")!]).to.deep.equal(["c"]);
    expect([...beside.get("b")!]).to.not.include("a");
  });

  it("runs jobs that hold whole-node alone and last", async () => {
    const { jobs, beside, order } = recorded({ a: ["whole-node"], b: [], c: ["whole-node"], d: ["cpu"] });
    await schedule(jobs, () => 4, always);
    expect(order()).to.deep.equal(["b", "d", "a", "c"]);
    expect([...beside.get("a")!, ...beside.get("c")!]).to.be.empty;
    expect([...beside.get("b")!]).to.deep.equal(["d"]);
  });

  it("follows a limit that changes", async () => {
    const { jobs, beside } = recorded({ a: [], b: [], c: [], d: [] });
    let limit = 1;
    const first = jobs[0]!;
    const raise = { ...first, run: () => first.run().then(() => void (limit = 3)) };
    await schedule([raise, ...jobs.slice(1)], () => limit, always);
    expect([...beside.get("a")!]).to.be.empty;
    expect([...beside.get("b")!]).to.have.members(["c", "d"]);
  });

  it("runs jobs that wait beside as many others as the limit allows", async () => {
    const { jobs, beside } = recorded({ a: [], b: [], c: [] });
    const [first, ...others] = jobs;
    await schedule([{ ...first!, waits: true }, ...others], () => 2, always);
    expect([...beside.get("a")!]).to.have.members(["b", "c"]);
  });

  it("runs one job at a time where that is asked for, those that wait included", async () => {
    const { jobs, beside } = recorded({ a: [], b: [] });
    const waiting = jobs.map((job) => ({ ...job, waits: true }));
    await schedule(waiting, () => 1, always);
    expect([...beside.get("a")!, ...beside.get("b")!]).to.be.empty;
  });

  it("starts nothing once stopped, jobs that run alone included", async () => {
    const { jobs, order } = recorded({ a: [], b: [], c: ["whole-node"] });
    await schedule(
      jobs,
      () => 1,
      () => order().length > 0,
    );
    expect(order()).to.deep.equal(["a"]);
  });
});
