import { expect } from "chai";
import { describe, it } from "mocha";
import { PodLedger, RUN_LABEL } from "../../../../src/bench/core/pod-ledger.js";
import { CriConnection } from "../../../../src/cri/client.js";
import { parseEndpoint } from "../../../../src/cri/endpoint.js";
import { createTempFolder } from "../../../../src/support/temp-folder.js";
import { startFakeRuntime } from "../../../support/fake-runtime.js";

describe("PodLedger", () => {
  it("removes its own pods and no others, also on a runtime that ignores the filter of a list", async () => {
    await using folder = await createTempFolder("test");
    const runtime = await startFakeRuntime();
    const connection = new CriConnection(parseEndpoint(runtime.socketPath));
    try {
      const rpc = connection.rpc();
      const pods = new PodLedger({ rpc, runId: "mine", handler: "", folder: folder.path });
      const run = async (labels: Record<string, string>) => {
        const { config } = await pods.plan();
        return (await rpc.runPodSandbox({ config: { ...config, labels } })).podSandboxId;
      };
      const others = [await run({}), await run({ [RUN_LABEL]: "theirs" })];
      await run({ [RUN_LABEL]: "mine" });

      await pods.removeAll();

      expect([...runtime.sandboxes.keys()]).to.deep.equal(others);
    } finally {
      connection.close();
      await runtime.close();
    }
  });
});
