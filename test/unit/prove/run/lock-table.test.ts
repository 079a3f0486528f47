import { expect } from "chai";
import { describe, it } from "mocha";
import { LockTable } from "../../../../src/prove/run/lock-table.js";

/** Something that runs until it is told to end. */
function job(name: string, log: string[]): { body: () => Promise<void>; end: () => void } {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  return { body: () => (log.push(name), ended), end };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("lock table", () => {
  it("keeps those with a common lock apart and lets others pass", async () => {
    const table = new LockTable();
    const log: string[] = [];
    const [a, b, c] = [job("a", log), job("b", log), job("c", log)];
    const all = [table.with(["cpu"], a.body), table.with(["cpu"], b.body), table.with(["event-stream"], c.body)];
    await turn();
    expect(log).to.deep.equal(["a", "c"]);
    a.end();
    await turn();
    expect(log).to.deep.equal(["a", "c", "b"]);
    b.end();
    c.end();
    await Promise.all(all);
  });

  it("lets one that needs the whole node wait for all and run alone", async () => {
    const table = new LockTable();
    const log: string[] = [];
    const [a, alone, b] = [job("a", log), job("alone", log), job("b", log)];
    const all = [table.with([], a.body), table.with(["whole-node"], alone.body), table.with([], b.body)];
    await turn();
    expect(log).to.deep.equal(["a"]);
    a.end();
    await turn();
    expect(log).to.deep.equal(["a", "alone"]);
    alone.end();
    await turn();
    expect(log).to.deep.equal(["a", "alone", "b"]);
    b.end();
    await Promise.all(all);
  });

  it("passes a lock on after a failure", async () => {
    const table = new LockTable();
    const failed = table.with(["cpu"], () => Promise.reject(new Error("no"))).catch((error: Error) => error.message);
    expect(await table.with(["cpu"], () => Promise.resolve("yes"))).to.equal("yes");
    expect(await failed).to.equal("no");
  });
});
