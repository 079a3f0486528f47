import { expect } from "chai";
import { describe, it } from "mocha";

import { compareCapabilities, outcomeOfMissing } from "../../../src/harness/declared-capabilities.js";
import type { CapabilityDeclaration } from "../../../src/report/model.js";

const DECLARED: CapabilityDeclaration = {
  file: "caps.yaml",
  features: {
    cdi: { has: true, where: "caps.yaml:2" },
    "event-stream": { has: false, where: "caps.yaml:5", why: "default", reason: "needs a flag" },
  },
};

describe("declared and probed capabilities", () => {
  it("agree where the probe finds what was declared, whatever else it finds", () => {
    expect(compareCapabilities(DECLARED, { cdi: true, "event-stream": "Unimplemented", swap: true })).to.equal(
      undefined,
    );
  });

  it("differ in both directions, each named with what was declared and probed", () => {
    const finding = compareCapabilities(DECLARED, { cdi: "no folder", "event-stream": true });
    expect(finding).to.deep.include({ about: "runtime", isDeviation: true });
    expect(finding?.details).to.deep.equal([
      "cdi: declared present (caps.yaml:2), probed missing: no folder",
      "event-stream: declared missing (caps.yaml:5; default: needs a flag), probed present",
    ]);
  });

  it("fail a spec whose feature was declared and is missing, and excuse it otherwise", () => {
    const missing = { feature: "cdi", reason: "no folder", lack: "runtime" } as const;
    expect(outcomeOfMissing(missing, DECLARED)).to.deep.equal({
      status: "mismatch",
      mismatches: [
        { subject: "the feature cdi", expected: "to be present, as caps.yaml:2 declares", seen: "no folder" },
      ],
    });
    const excused = { status: "notApplicable", reason: "no folder", lack: "runtime" };
    expect(outcomeOfMissing(missing, undefined)).to.deep.equal(excused);
    expect(outcomeOfMissing({ ...missing, feature: "event-stream" }, DECLARED)).to.deep.equal(excused);
  });
});
