import { existsSync } from "node:fs";
import { mkdir, readFile, rmdir } from "node:fs/promises";
import { expect } from "chai";
import { describe, it } from "mocha";
import { Names } from "../../../src/harness/ownership.js";
import { cgroupFolders, cgroupOf, ownCgroupParent, removeCgroupsOfRun } from "../../../src/harness/pod-cgroup.js";

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

describe("removeCgroupsOfRun", () => {
  it("removes the parents that a killed run left, with what is below them, and no others", async function () {
    const mounts = await readFile("/proc/self/mounts", "utf8");
    const hierarchy = /^\S+ (\S+) cgroup2? /m.exec(mounts)?.[1];
    if (!hierarchy) return this.skip();
    const [ours, others] = ["critique261121abcdefsbx0240", "critique261121abcdf0sbx0240"].map(
      (name) => `${hierarchy}/${name}`,
    );
    try {
      await mkdir(`${ours}/pod`, { recursive: true });
      await mkdir(others!, { recursive: true });
    } catch {
      return this.skip(); // not root, or a read-only hierarchy
    }
    try {
      expect(await removeCgroupsOfRun("261121-abcdef")).to.deep.equal(["critique261121abcdefsbx0240"]);
      expect(existsSync(ours!), "own parent").to.equal(false);
      expect(existsSync(others!), "another run's parent").to.equal(true);
    } finally {
      await rmdir(others!);
    }
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
