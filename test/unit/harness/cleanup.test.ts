import { status } from "@grpc/grpc-js";
import { expect } from "chai";
import { describe, it } from "mocha";
import { CriConnection } from "../../../src/cri/client.js";
import { parseEndpoint } from "../../../src/cri/endpoint.js";
import { Cleanup } from "../../../src/harness/cleanup.js";
import { Refusal, startFakeRuntime } from "../../support/fake-runtime.js";

describe("cleaning up", () => {
  it("asks again while a runtime refuses a removal for now", async () => {
    let refusals = 3;
    const runtime = await startFakeRuntime({
      removePodSandbox: () => {
        if (refusals-- > 0) throw new Refusal(status.FAILED_PRECONDITION, "still starting");
        return {};
      },
    });
    const connection = new CriConnection(parseEndpoint(runtime.socketPath));
    const cleanup = new Cleanup(connection.rpc(), "run", "SBX-001", () => false);
    const rpc = connection.rpc({ onCall: (call) => cleanup.observe(call) });
    await rpc.runPodSandbox({ config: {} });
    expect(await cleanup.run()).to.be.empty;
    expect(runtime.calls.filter((call) => call === "RemovePodSandbox")).to.have.lengthOf(4);
    connection.close();
    await runtime.close();
  });

  it("asks for all containers at once where their sandbox does not go", async () => {
    const asked: string[] = [];
    let answer = (): void => undefined;
    const allAsked = new Promise<void>((resolve) => (answer = resolve));
    let containers = 0;
    const runtime = await startFakeRuntime({
      removePodSandbox: () => {
        throw new Refusal(status.NOT_FOUND, "no such sandbox");
      },
      createContainer: () => ({ containerId: `container-${++containers}` }),
      removeContainer: async ({ containerId }) => {
        asked.push(containerId);
        if (asked.length === containers) answer();
        await allAsked;
        return {};
      },
    });
    const connection = new CriConnection(parseEndpoint(runtime.socketPath));
    const cleanup = new Cleanup(connection.rpc(), "run", "CTR-001", () => false);
    const rpc = connection.rpc({ onCall: (call) => cleanup.observe(call) });
    const { podSandboxId } = await rpc.runPodSandbox({ config: {} });
    for (let number = 0; number < 3; number++) await rpc.createContainer({ podSandboxId });
    expect(await cleanup.run()).to.be.empty;
    expect(asked).to.have.members(["container-1", "container-2", "container-3"]);
    connection.close();
    await runtime.close();
  });
});
