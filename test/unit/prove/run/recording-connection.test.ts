import { create } from "@bufbuild/protobuf";
import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";
import { ContainerEventResponseSchema } from "../../../../src/cri/gen/runtime/v1/api_pb.js";
import { parseEndpoint } from "../../../../src/cri/endpoint.js";
import { RecordingConnection, Trace } from "../../../../src/prove/run/recording-connection.js";
import { startFakeRuntime, type FakeRuntime } from "../../../support/fake-runtime.js";

/** More than a transcript keeps. */
const EVENTS = 100;

describe("a connection that records", () => {
  let runtime: FakeRuntime;
  let connection: RecordingConnection;
  let trace: Trace;

  beforeEach(async () => {
    runtime = await startFakeRuntime({}, undefined, {
      *getContainerEvents() {
        for (let each = 1; each < EVENTS; each++) yield create(ContainerEventResponseSchema, { containerId: "one" });
        yield create(ContainerEventResponseSchema, { containersStatuses: [{ exitCode: 7 }] });
      },
    });
    trace = new Trace();
    connection = new RecordingConnection(parseEndpoint(runtime.socketPath), trace);
  });
  afterEach(async () => {
    connection.close();
    await runtime.close();
  });

  it("notes the fields of every message of a stream", async () => {
    let messages = 0;
    for await (const _event of connection.rpc().getContainerEvents({})) messages++;
    expect(messages).to.equal(EVENTS);
    expect([...trace.received]).to.have.members([
      "GetContainerEvents.container_id",
      "GetContainerEvents.containers_statuses",
      "GetContainerEvents.containers_statuses.exit_code",
    ]);
  });

  it("tells a refusal from a call that the client has ended", async () => {
    const closing = new AbortController();
    try {
      for await (const _event of connection.rpc().getContainerEvents({}, { signal: closing.signal })) closing.abort();
    } catch {
      // Whether the end comes as an error depends on how many messages were there already.
    }
    await connection
      .rpc()
      .podSandboxStatus({ podSandboxId: "unknown" })
      .catch(() => undefined);
    expect(trace.calls).to.deep.equal({
      GetContainerEvents: { count: 1, refused: 0 },
      PodSandboxStatus: { count: 1, refused: 1 },
    });
  });
});
