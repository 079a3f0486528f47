import { create } from "@bufbuild/protobuf";
import { expect } from "chai";
import { describe, it } from "mocha";
import {
  PodSandboxConfigSchema,
  PodSandboxState,
  PodSandboxStatusResponseSchema,
  RunPodSandboxRequestSchema,
} from "../../../src/cri/gen/runtime/v1/api_pb.js";
import { Coverage } from "../../../src/harness/coverage.js";
import { FieldReads } from "../../../src/harness/field-reads.js";

describe("field coverage", () => {
  it("names the fields that a request carries, at any depth, and no others", () => {
    const coverage = new Coverage(new FieldReads());
    const config = create(PodSandboxConfigSchema, {
      metadata: { name: "a" },
      portMappings: [{ hostPort: 1 }],
      labels: { a: "b" },
    });
    coverage.sent(create(RunPodSandboxRequestSchema, { config }));
    expect(coverage.result().sent).to.deep.equal([
      "PodSandboxConfig.labels",
      "PodSandboxConfig.metadata",
      "PodSandboxConfig.port_mappings",
      "PodSandboxMetadata.name",
      "PortMapping.host_port",
      "RunPodSandboxRequest.config",
    ]);
  });

  it("notes what is read of a reply, and nothing that is not", () => {
    const coverage = new Coverage(new FieldReads());
    const reply = coverage.watched(
      create(PodSandboxStatusResponseSchema, {
        status: { state: PodSandboxState.SANDBOX_READY, metadata: { name: "a", uid: "b" } },
        containersStatuses: [{ exitCode: 3 }],
      }),
    );
    expect(coverage.result().read).to.be.empty;
    expect(reply.status?.state).to.equal(PodSandboxState.SANDBOX_READY);
    expect(reply.status?.metadata?.uid).to.equal("b");
    expect(reply.containersStatuses.map(({ exitCode }) => exitCode)).to.deep.equal([3]);
    expect(coverage.result().read).to.deep.equal([
      "ContainerStatus.exit_code",
      "PodSandboxMetadata.uid",
      "PodSandboxStatus.metadata",
      "PodSandboxStatus.state",
      "PodSandboxStatusResponse.containers_statuses",
      "PodSandboxStatusResponse.status",
    ]);
  });

  it("leaves a reply equal to itself", () => {
    const reply = create(PodSandboxStatusResponseSchema, { info: { a: "{}" }, status: { labels: { x: "y" } } });
    expect(new Coverage(new FieldReads()).watched(reply)).to.deep.equal(reply);
  });
});
