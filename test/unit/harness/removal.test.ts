import { status } from "@grpc/grpc-js";
import { expect } from "chai";
import { describe, it } from "mocha";
import { CriConnection } from "../../../src/cri/client.js";
import { parseEndpoint } from "../../../src/cri/endpoint.js";
import { removeSandboxes } from "../../../src/harness/removal.js";
import { Refusal, startFakeRuntime } from "../../support/fake-runtime.js";

describe("removing sandboxes", () => {
  it("removes the others where one does not go, and says which", async () => {
    const removed: string[] = [];
    const runtime = await startFakeRuntime({
      stopPodSandbox: ({ podSandboxId }) => {
        // Not asked again, as a call that is refused for now is.
        if (podSandboxId === "stuck") throw new Refusal(status.DEADLINE_EXCEEDED, "it does not end");
        if (podSandboxId === "gone") throw new Refusal(status.NOT_FOUND, "no such sandbox");
        return {};
      },
      removePodSandbox: ({ podSandboxId }) => {
        removed.push(podSandboxId);
        return {};
      },
    });
    const connection = new CriConnection(parseEndpoint(runtime.socketPath));
    const trouble = await removeSandboxes(connection.rpc(), ["stuck", "gone", "other"]);
    expect(trouble).to.have.lengthOf(1);
    expect(trouble[0]).to.match(/^sandbox stuck: .*it does not end/);
    expect(removed).to.deep.equal(["other"]);
    connection.close();
    await runtime.close();
  });
});
