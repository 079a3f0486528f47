import { answerOf, behaviour, expect, RpcError } from "../../src/harness/index.js";
import { listedSandboxes } from "./listed.js";

behaviour(
  "SBX-017",
  {
    title: "Runtime handler is echoed in status and list",
    level: "required",
    rpcs: ["RunPodSandbox", "PodSandboxStatus", "ListPodSandbox"],
    clause: "PodSandboxStatus.runtime_handler: the handler the sandbox runs with, as in PodSandbox.runtime_handler",
    timeoutMs: 120_000, // one sandbox per handler, some of which start a virtual machine
  },
  async ({ runtime, rpc, probe, note }) => {
    const advertised = probe.status.runtimeHandlers.map(({ name }) => name);

    for (const handler of new Set(["", runtime.handler, ...advertised])) {
      const sandbox = await answerOf(runtime.runSandbox({ runtimeHandler: handler }));
      if (sandbox instanceof RpcError) {
        // Handlers can be configured whose programs are not installed; only that of this run must work.
        expect(handler, `handler that fails to run a sandbox (${sandbox.details})`).to.not.equal(runtime.handler);
        note(`handler "${handler}" did not run a sandbox`);
        continue;
      }
      const { runtimeHandler } = await sandbox.status();
      const [listed] = await listedSandboxes(rpc, { id: sandbox.id });
      // The default may be told by its name.
      const known = handler === "" ? ["", ...advertised] : [handler];
      expect(known, `what a sandbox of handler "${handler}" may report`).to.include(runtimeHandler);
      expect(listed, `ListPodSandbox item of a sandbox with handler "${handler}"`).to.have.fields({ runtimeHandler });
    }
  },
);
