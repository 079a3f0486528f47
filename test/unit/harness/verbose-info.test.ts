import { expect } from "chai";
import { describe, it } from "mocha";
import { hostPid, processAgeMs } from "../../../src/harness/host-process.js";
import { findInfo, parseInfo } from "../../../src/harness/verbose-info.js";

describe("verbose info", () => {
  it("is read value by value, leaving out what is no JSON", () => {
    expect(parseInfo({ config: '{"a":1}', state: "OK", version: '"go1"' })).to.deep.equal({
      config: { a: 1 },
      version: "go1",
    });
  });

  it("gives the outermost value of a key, at any depth", () => {
    const info = { info: { spec: { pid: 2 }, pid: 1, config: { cni: { confDir: "/x" } } } };
    expect(findInfo(info, "pid")).to.equal(1);
    expect(findInfo(info, "PluginConfDir", "confDir")).to.equal("/x");
    expect(findInfo(info, "absent")).to.equal(undefined);
  });

  it("tells how long a process has lived", async () => {
    expect(await processAgeMs(process.pid)).to.be.closeTo(process.uptime() * 1_000, 2_000);
    expect(await processAgeMs(2 ** 30)).to.equal(undefined);
  });

  it("names a process only where it exists here and is an ordinary one", async () => {
    const pidOf = (pid: unknown) => hostPid({ info: JSON.stringify({ pid }) });
    expect(await pidOf(process.pid)).to.equal(process.pid);
    expect(await pidOf(2 ** 30)).to.equal(undefined);
    expect(await pidOf(0)).to.equal(undefined);
    expect(await pidOf(1)).to.equal(undefined);
    expect(await pidOf("7")).to.equal(undefined);
    expect(await hostPid({})).to.equal(undefined);
  });
});
