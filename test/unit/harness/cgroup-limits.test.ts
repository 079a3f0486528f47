import { describe, it } from "mocha";
import { expect } from "chai";
import { cpuWeightsOf, parseCgroupLimits } from "../../../src/harness/cgroup-limits.js";

describe("cgroup limits", () => {
  it("reads files of version 1", () => {
    const limits = parseCgroupLimits({
      "memory.limit_in_bytes": "134217728",
      "memory.memsw.limit_in_bytes": "268435456",
      "cpu.cfs_quota_us": "50000",
      "cpu.cfs_period_us": "100000",
      "cpu.shares": "512",
    });
    expect(limits).to.deep.equal({
      memoryBytes: 134_217_728,
      memoryAndSwapBytes: 268_435_456,
      cpuQuotaUs: 50_000,
      cpuPeriodUs: 100_000,
      cpuShares: 512,
      cpuWeight: undefined,
    });
  });

  it("reads files of version 2, where swap is apart from memory", () => {
    const limits = parseCgroupLimits({
      "memory.max": "134217728",
      "memory.swap.max": "67108864",
      "cpu.max": "50000 100000",
      "cpu.weight": "59",
    });
    expect(limits).to.deep.equal({
      memoryBytes: 134_217_728,
      memoryAndSwapBytes: 201_326_592,
      cpuQuotaUs: 50_000,
      cpuPeriodUs: 100_000,
      cpuShares: undefined,
      cpuWeight: 59,
    });
  });

  it("tells no limit from a limit in every spelling", () => {
    expect(parseCgroupLimits({ "memory.max": "max", "cpu.max": "max 100000" })).to.include({
      memoryBytes: Infinity,
      cpuQuotaUs: Infinity,
      cpuPeriodUs: 100_000,
    });
    expect(parseCgroupLimits({ "memory.limit_in_bytes": "9223372036854771712", "cpu.cfs_quota_us": "-1" })).to.include({
      memoryBytes: Infinity,
      cpuQuotaUs: Infinity,
    });
  });

  it("knows no swap limit where the kernel does not account for swap", () => {
    expect(parseCgroupLimits({ "memory.max": "134217728" }).memoryAndSwapBytes).to.equal(undefined);
  });

  it("has both weights for a number of shares", () => {
    expect(cpuWeightsOf(2)).to.deep.equal([1, 1]);
    expect(cpuWeightsOf(512)).to.deep.equal([20, 59]);
    expect(cpuWeightsOf(1024)).to.deep.equal([39, 100]);
    expect(cpuWeightsOf(262_144)).to.deep.equal([10_000, 10_000]);
  });
});
