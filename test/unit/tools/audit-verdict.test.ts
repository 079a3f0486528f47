import { expect } from "chai";
import { describe, it } from "mocha";

import { auditVerdict } from "../../../tools/audit-verdict.js";

const report = (vulnerabilities: Record<string, object>) => JSON.stringify({ auditReportVersion: 2, vulnerabilities });

describe("audit of the dependencies", () => {
  it("is safe without known vulnerabilities, or with lesser ones", () => {
    expect(auditVerdict(report({}))).to.deep.equal({ verdict: "safe" });
    expect(auditVerdict(report({ a: { severity: "moderate", range: "<1" } }))).to.deep.equal({ verdict: "safe" });
  });

  it("names the dependencies with high and critical ones", () => {
    const text = report({
      a: { severity: "high", range: "<1.2.3" },
      b: { severity: "low", range: "*" },
      c: { severity: "critical", range: ">=2 <3" },
    });
    expect(auditVerdict(text)).to.deep.equal({
      verdict: "vulnerable",
      packages: ["a <1.2.3 (high)", "c >=2 <3 (critical)"],
    });
  });

  it("takes no audit endpoint, and no network, for no verdict", () => {
    const refused = {
      message: "405 Method Not Allowed - POST https://registry.example/-/npm/v1/security/advisories/bulk",
      statusCode: 405,
      error: { summary: "", detail: "" },
    };
    expect(auditVerdict(JSON.stringify(refused))).to.deep.equal({ verdict: "notAudited", reason: refused.message });
    const offline = { error: { code: "ENOTFOUND", summary: "getaddrinfo ENOTFOUND registry.example", detail: "" } };
    expect(auditVerdict(JSON.stringify(offline))).to.deep.equal({
      verdict: "notAudited",
      reason: "getaddrinfo ENOTFOUND registry.example",
    });
  });

  it("refuses what is neither", () => {
    for (const text of ["", "[]", "null", "{}", "npm: not found", '{"error":{"summary":""}}']) {
      expect(() => auditVerdict(text), text).to.throw(/neither a report nor an error/);
    }
  });
});
