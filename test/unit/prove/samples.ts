import type { Fault } from "../../../src/prove/faults/fault.js";
import type { BaselineRecord, FaultResult, Trial } from "../../../src/prove/result/model.js";

export function record(id: string, changes: Partial<BaselineRecord> = {}): BaselineRecord {
  return {
    id,
    title: `behaviour ${id}`,
    area: "container",
    level: "recommended",
    clause: "ContainerStatus: a rule",
    rpcs: ["ContainerStatus"],
    status: "passed",
    reason: "",
    durationMs: 100,
    calls: { ContainerStatus: { count: 1, refused: 0 } },
    sent: [],
    received: [],
    read: [],
    ...changes,
  };
}

export function fault(changes: Partial<Fault> = {}): Fault {
  return {
    id: "noop:ContainerStatus",
    family: "derived",
    kind: "noop",
    title: "ContainerStatus does nothing",
    area: "container",
    rpc: "ContainerStatus",
    reach: { rpcs: ["ContainerStatus"] },
    make: () => ({}),
    ...changes,
  };
}

export function trial(spec: string, end: Trial["end"]): Trial {
  return { spec, end, reason: end === "killed" ? "<state>: expected 1, seen 2" : "", durationMs: 10 };
}

export function result(id: string, verdict: FaultResult["verdict"], trials: Trial[] = []): FaultResult {
  const { make: _make, reach: _reach, ...info } = fault({ id });
  return { ...info, verdict, trials, untried: 0 };
}
