import type { SpecInfo } from "../../../src/report/model.js";

/** A spec's facts with what a test cares about. */
export function sampleSpec(id: string, facts: Partial<SpecInfo> = {}): SpecInfo {
  return {
    id,
    title: `the behaviour ${id}`,
    area: "sandbox",
    level: "required",
    rpcs: ["RunPodSandbox"],
    clause: "RunPodSandbox: it runs",
    needs: [],
    tags: [],
    critest: [],
    ...facts,
  };
}
