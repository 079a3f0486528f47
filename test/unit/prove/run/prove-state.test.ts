import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { describe, it } from "mocha";
import { fairOrder } from "../../../../src/prove/run/fair-order.js";
import { ProveState } from "../../../../src/prove/run/prove-state.js";
import { createTempFolder } from "../../../../src/support/temp-folder.js";
import { fault, record, result, trial } from "../samples.js";

const identity = { suiteVersion: "1", runtimeName: "fake", runtimeVersion: "2", handler: "" };

describe("state of a run", () => {
  it("is read back, without a line that was not finished", async () => {
    await using folder = await createTempFolder("prove-state");
    const file = join(folder.path, "prove.ndjson");
    const written = ProveState.open(file, identity);
    written.addBaseline(record("CTR-001"));
    written.addFault(result("noop:Version", "survived", [trial("CTR-001", "passed")]));
    written.addTrial("noop:Version", trial("CTR-002", "killed"));
    appendFileSync(file, '{"type":"fault","resu');

    const read = ProveState.open(file, identity);
    expect(read.startedAt).to.equal(written.startedAt);
    expect(read.baseline).to.deep.equal([record("CTR-001")]);
    const [known] = [...read.faults.values()];
    expect(known).to.deep.include({ id: "noop:Version", verdict: "killed" });
    expect(known?.trials.map(({ spec }) => spec)).to.deep.equal(["CTR-001", "CTR-002"]);
  });

  it("forgets what was not noticed, to try it again", async () => {
    await using folder = await createTempFolder("prove-state");
    const state = ProveState.open(join(folder.path, "prove.ndjson"), identity);
    for (const verdict of ["killed", "survived", "untouched", "absent"] as const)
      state.addFault(result(verdict, verdict));
    state.forgetMissed();
    expect([...state.faults.keys()]).to.deep.equal(["killed"]);
  });

  it("is not continued for another runtime", async () => {
    await using folder = await createTempFolder("prove-state");
    const file = join(folder.path, "prove.ndjson");
    ProveState.open(file, identity);
    expect(() => ProveState.open(file, { ...identity, runtimeVersion: "3" })).to.throw(/fake 2 .*fake 3.*--report-dir/);
  });
});

describe("fair order", () => {
  const faults = ["noop", "late"].flatMap((kind) =>
    [1, 2, 3].map((number) => fault({ id: `${kind}:${number}`, kind })),
  );

  it("gives every kind its turn before one has its second, the same for the same seed", () => {
    const order = fairOrder(faults, 7);
    expect(order).to.have.members(faults);
    for (const at of [0, 2, 4]) expect(order[at]?.kind).to.not.equal(order[at + 1]?.kind);
    expect(fairOrder(faults, 7)).to.deep.equal(order);
  });
});
