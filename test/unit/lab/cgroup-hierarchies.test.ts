import { expect } from "chai";
import { describe, it } from "mocha";

import { cgroupMountSteps, parseHierarchies } from "../../../src/lab/cgroup-hierarchies.js";
import { LabError } from "../../../src/lab/lab-error.js";

const v2Only = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n";
const v1Only = [
  "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755",
  "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct",
  "33 31 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
  "34 31 0:31 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,release_agent=/lib/agent,name=systemd",
  "35 23 0:32 / /elsewhere rw - cgroup cgroup rw,pids",
].join("\n");
const hybrid = `${v1Only}\n36 31 0:33 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw`;

describe("cgroup hierarchies", () => {
  it("are the single one of v2 where there is nothing else", () => {
    const hierarchies = parseHierarchies(v2Only);
    expect(hierarchies).to.deep.equal([{ version: 2, mountPoint: "/sys/fs/cgroup", controllers: [] }]);
    expect(cgroupMountSteps(hierarchies)).to.deep.equal([["cgroup2", "", "/sys/fs/cgroup"]]);
  });

  it("are those of v1, also in hybrid mode", () => {
    const expected = [
      { version: 1, mountPoint: "/sys/fs/cgroup/cpu,cpuacct", controllers: ["cpu", "cpuacct"] },
      { version: 1, mountPoint: "/sys/fs/cgroup/memory", controllers: ["memory"] },
      { version: 1, mountPoint: "/sys/fs/cgroup/systemd", controllers: [], name: "systemd" },
    ];
    expect(parseHierarchies(v1Only)).to.deep.equal(expected);
    expect(parseHierarchies(hybrid)).to.deep.equal(expected);
  });

  it("are mounted again with links for controllers that share one", () => {
    expect(cgroupMountSteps(parseHierarchies(hybrid))).to.deep.equal([
      ["tmpfs", "", "/sys/fs/cgroup"],
      ["cgroup", "cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct"],
      ["link", "cpu,cpuacct", "/sys/fs/cgroup/cpu"],
      ["link", "cpu,cpuacct", "/sys/fs/cgroup/cpuacct"],
      ["cgroup", "memory", "/sys/fs/cgroup/memory"],
      ["cgroup", "none,name=systemd", "/sys/fs/cgroup/systemd"],
    ]);
  });

  it("are missing with an error", () => {
    expect(() => parseHierarchies("31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw")).to.throw(
      LabError,
      "No control groups",
    );
  });
});
