import { expect } from "chai";
import { describe, it } from "mocha";

import { excuseKind, excuseKinds } from "../../../src/report/excuse-kinds.js";
import type { FailureCategory, Lack, SpecResult } from "../../../src/report/model.js";
import { resultsOf } from "./sample-run.js";

const [BASE] = resultsOf().specs;
const spec = (changes: Partial<SpecResult>): SpecResult => ({ ...(BASE as SpecResult), ...changes });
const known = (category?: FailureCategory) =>
  spec({
    verdict: "failed",
    asExpected: true,
    knownFailure: { pattern: "X", reason: "why", where: "known.txt:1", ...(category && { category }) },
  });
const lacking = (lack: Lack) => spec({ verdict: "notApplicable", asExpected: true, lack });

describe("the kinds of excuses", () => {
  it("keep apart defects, what is not supported and what is switched off", () => {
    const specs = [known("default"), known("defect"), known("defect"), known("unsupported"), known()];
    expect(excuseKinds(specs)).to.deep.equal([
      "Known failures: 2 defect, 1 unsupported, 1 off or otherwise by default, 1 of no stated kind.",
    ]);
    expect(specs.map(excuseKind)).to.deep.equal(["default", "defect", "defect", "unsupported", undefined]);
  });

  it("keep apart who lacks what is not applicable", () => {
    const specs = [lacking("host"), lacking("handler"), lacking("configuration"), lacking("host")];
    expect(excuseKinds(specs)).to.deep.equal([
      "Not applicable: 1 lacking in the handler, 1 switched off in the configuration, 2 lacking in the host.",
    ]);
    expect(specs.map(excuseKind)).to.deep.equal(["host", "handler", "configuration", "host"]);
  });

  it("count nothing that is not excused", () => {
    expect(excuseKinds([spec({ verdict: "passed", asExpected: true }), spec({ verdict: "failed", asExpected: false })]))
      .to.be.empty;
  });
});
