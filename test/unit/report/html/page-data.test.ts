import { expect } from "chai";
import { describe, it } from "mocha";

import { filterRows, NO_FILTER, rowsOf, type Filter } from "../../../../src/report/html/page/page-data.js";
import { resultsOf } from "../sample-run.js";

const ROWS = rowsOf(resultsOf());

describe("the filters of report.html", () => {
  const cases: [Partial<Filter>, string[]][] = [
    [{ area: "streaming" }, ["STR-003", "STR-004"]],
    [{ level: "optional" }, ["NET-002"]],
    [{ standing: "knownFailure" }, ["IMG-009"]],
    [{ rpc: "StopContainer" }, ["CTR-027"]],
    [{ rpc: "RunPodSandbox" }, ["CTR-027", "SBX-001"]],
    [{ text: "grace SIGTERM" }, ["CTR-027"]],
    [{ text: "  ctr-0  " }, ["CTR-027", "CTR-031"]],
    [{ text: "ipv6" }, ["NET-002"]],
    [{ area: "container", level: "recommended", text: "zero" }, ["CTR-031"]],
    [{ area: "container", level: "optional" }, []],
  ];
  for (const [filter, ids] of cases) {
    it(`finds ${ids.join(", ") || "nothing"} by ${JSON.stringify(filter)}`, () => {
      expect(filterRows(ROWS, { ...NO_FILTER, ...filter }).map(({ spec }) => spec.id)).to.deep.equal(ids);
    });
  }

  it("let every spec through when nothing is asked, worst news first", () => {
    const ids = filterRows(ROWS, NO_FILTER).map(({ spec }) => spec.id);
    expect(ids).to.have.length(8);
    expect(ids[0]).to.equal("CTR-027");
  });
});
