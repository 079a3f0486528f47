import { RUN_LABEL, SPEC_LABEL } from "../../src/harness/ownership.js";

/** The configuration of a pod as the harness makes it for a run. */
export function podOfRun(runId: string, name = `critique-${runId}-sbx-001-0`) {
  return {
    metadata: { name, uid: name, namespace: "critique", attempt: 0 },
    labels: { [RUN_LABEL]: runId, [SPEC_LABEL]: "SBX-001" },
  };
}
