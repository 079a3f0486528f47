import { spawn } from "node:child_process";
import { once } from "node:events";

import { expect } from "chai";
import { describe, it } from "mocha";

import { isAlive, processIdentity } from "../../../src/support/process-identity.js";

describe("process identity", () => {
  it("tells a living process from an ended one and from another with its pid", async () => {
    const child = spawn("sleep", ["600"]);
    const identity = await processIdentity(child.pid ?? 0);
    if (identity === undefined) throw new Error("no identity of a living process");
    expect(await isAlive(identity)).to.equal(true);
    expect(await isAlive({ ...identity, startTicks: identity.startTicks + 1 })).to.equal(false);
    expect(await isAlive({ ...identity, bootId: "another boot" })).to.equal(false);

    child.kill("SIGKILL");
    await once(child, "exit");

    expect(await isAlive(identity)).to.equal(false);
    expect(await processIdentity(identity.pid)).to.equal(undefined);
  });
});
