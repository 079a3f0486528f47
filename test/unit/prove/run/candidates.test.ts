import { expect } from "chai";
import { describe, it } from "mocha";
import { Touched } from "../../../../src/prove/run/candidates.js";
import { fault, record } from "../samples.js";

const idsOf = (records: readonly { id: string }[]): string[] => records.map(({ id }) => id);
const none = new Set<string>();

describe("specs that can notice a fault", () => {
  it("passed, called the RPC, and touched the field", () => {
    const touched = new Touched(
      [
        record("CTR-001", { received: ["ContainerStatus.status.state"], read: ["ContainerStatus.state"] }),
        record("CTR-002", { received: ["ContainerStatus.status.state"] }),
        record("CTR-003", { status: "failed", read: ["ContainerStatus.state"] }),
        record("CTR-004", { calls: {}, read: ["ContainerStatus.state"] }),
      ],
      none,
    );
    const reach = {
      rpcs: ["ContainerStatus"],
      received: "ContainerStatus.status.state",
      read: "ContainerStatus.state",
    };
    expect(idsOf(touched.candidates(fault({ reach: { ...reach, rpcs: ["ContainerStatus"] } })))).to.deep.equal([
      "CTR-001",
    ]);
  });

  it("had a refusal, where the fault is about refusals", () => {
    const touched = new Touched(
      [record("CTR-001"), record("CTR-002", { calls: { ContainerStatus: { count: 2, refused: 1 } } })],
      none,
    );
    const ofRefusals = fault({ reach: { rpcs: ["ContainerStatus"], refused: true } });
    expect(idsOf(touched.candidates(ofRefusals))).to.deep.equal(["CTR-002"]);
  });

  it("come in the order of how near they are to it, then of how quick", () => {
    const touched = new Touched(
      [
        record("CTR-001", { durationMs: 50, rpcs: [] }),
        record("CTR-002", { durationMs: 900, clause: "ContainerStatus.exit_code: the process's own" }),
        record("CTR-003", { durationMs: 60_000, clause: "ContainerStatus.exit_code: the process's own" }),
        record("CTR-004", { durationMs: 40, rpcs: [] }),
      ],
      none,
    );
    const ordered = touched.candidates(fault({ path: "status.exit_code" }));
    expect(idsOf(ordered)).to.deep.equal(["CTR-002", "CTR-004", "CTR-001", "CTR-003"]);
  });

  it("are told from a runtime that has nothing there", () => {
    const touched = new Touched([record("CTR-001")], new Set(["CheckpointPod"]));
    expect(touched.absence({ rpcs: ["CheckpointPod"] })).to.match(/does not implement CheckpointPod/);
    expect(touched.absence({ rpcs: ["ContainerStatus"], received: "ContainerStatus.status.user" })).to.match(
      /never sends/,
    );
    expect(touched.absence({ rpcs: ["ContainerStatus"] })).to.equal(undefined);
    expect(touched.absence({ rpcs: ["Attach"] }), "an RPC that no spec calls").to.equal(undefined);
  });

  it("are told from a runtime that refuses every call", () => {
    const sent = ["CheckpointContainer.location"];
    const refused = record("CKP-002", { calls: { CheckpointContainer: { count: 3, refused: 3 } }, sent });
    const done = record("CKP-001", { calls: { CheckpointContainer: { count: 1, refused: 0 } }, sent });
    const reach = { rpcs: ["CheckpointContainer"], sent: sent[0] } as const;
    expect(new Touched([refused], none).absence(reach)).to.equal("every call of CheckpointContainer is refused here");
    expect(new Touched([refused, done], none).absence(reach)).to.equal(undefined);
    expect(new Touched([refused], none).absence({ rpcs: reach.rpcs, refused: true }), "refusals").to.equal(undefined);
  });

  it("are told from those that fail without it", () => {
    const touched = new Touched([record("CTR-001", { status: "failed" }), record("CTR-002")], none);
    expect(touched.failingAt({ rpcs: ["ContainerStatus"] })).to.deep.equal(["CTR-001"]);
    expect(touched.failingAt({ rpcs: ["Attach"] })).to.deep.equal([]);
  });
});
