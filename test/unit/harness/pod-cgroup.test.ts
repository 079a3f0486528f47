import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { describe, it } from "mocha";
import { Names } from "../../../src/harness/ownership.js";
import { cgroupFolders, cgroupOf, ownCgroupParent } from "../../../src/harness/pod-cgroup.js";

describe("ownCgroupParent", () => {
  const parent = (cgroupDriver: "cgroupfs" | "systemd") => {
    let steps = 0;
    const names = new Names("261121-abc", "SBX-024");
    const name = ownCgroupParent({ probe: { cgroupDriver }, names, deferLast: () => void steps++ });
    return { name, steps };
  };

  it("is a path for the cgroupfs driver, removed after the spec", () => {
    expect(parent("cgroupfs")).to.deep.equal({ name: "/critique261121abcsbx0240", steps: 1 });
  });

  it("is a slice for the systemd driver, which systemd removes", () => {
    expect(parent("systemd")).to.deep.equal({ name: "critique261121abcsbx0240.slice", steps: 0 });
  });
});

describe("cgroupOf", () => {
  it("is a path from the root of the hierarchy", async () => {
    expect(await cgroupOf(process.pid)).to.match(/^\//);
  });
});

describe("cgroupFolders", () => {
  it("are folders of cgroups that the process is in", async () => {
    for (const folder of await cgroupFolders(process.pid)) {
      const members = (await readFile(`${folder}/cgroup.procs`, "utf8")).split("\n");
      expect(members, folder).to.include(String(process.pid));
    }
  });
});
