// Fails when a dependency that users install has a known vulnerability of high or critical severity: npm run audit

import { captureProcess } from "../src/support/process.js";
import { auditVerdict } from "./audit-verdict.js";
import { REPO_ROOT } from "./repo-root.js";

const args = ["audit", "--omit=dev", "--json"];
const { stdout } = await captureProcess("npm", args, { cwd: REPO_ROOT, timeoutMs: 120_000, maxOutputBytes: 16 << 20 });
const found = auditVerdict(stdout);
if (found.verdict === "notAudited") {
  console.error(`NOT AUDITED: the registry gives no verdict on the dependencies (${found.reason}).`);
} else if (found.verdict === "vulnerable") {
  console.error(`Dependencies with known vulnerabilities: ${found.packages.join(", ")}. See "npm audit --omit=dev".`);
  process.exitCode = 1;
}
