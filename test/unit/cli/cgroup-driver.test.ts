import { expect } from "chai";
import { describe, it } from "mocha";

import { judgeCgroupDriver } from "../../../src/cli/doctor/runtime-checks.js";

describe("the doctor about the cgroup driver", () => {
  it("warns of systemd where it does not run, and gives the setting of either runtime", () => {
    const { severity, remedy } = judgeCgroupDriver("systemd", false);
    expect(severity).to.equal("warning");
    expect(remedy).to.include("SystemdCgroup = false").and.include('cgroup_manager = "cgroupfs"');
  });

  it("notes two managers of the same control groups, and takes everything else", () => {
    expect(judgeCgroupDriver("cgroupfs", true).severity).to.equal("note");
    expect(judgeCgroupDriver("cgroupfs", false).severity).to.equal("fine");
    expect(judgeCgroupDriver("systemd", true).severity).to.equal("fine");
  });
});
