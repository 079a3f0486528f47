import { answerOf, behaviour, expect, expectError, PodSandboxState, RpcError } from "../../src/harness/index.js";
import { idsOf, listedSandboxes } from "./listed.js";

behaviour(
  "SBX-012",
  {
    title: "Same pod with a higher attempt can be created while the older stopped one still exists",
    level: "required",
    rpcs: ["RunPodSandbox", "StopPodSandbox", "ListPodSandbox"],
    clause:
      "PodSandboxMetadata.attempt: part of a sandbox's identity; the kubelet raises it when it recreates a sandbox",
  },
  async ({ runtime, rpc, names }) => {
    const pod = names.next();
    const config = await runtime.podConfig({ labels: { pod } });
    const first = await runtime.runSandboxWith(config);
    await first.stop();

    const second = await runtime.runSandboxWith({ ...config, metadata: { ...config.metadata, attempt: 1 } });

    const listed = (await listedSandboxes(rpc, { labelSelector: { pod } })).map(({ id, metadata, state }) => ({
      id,
      attempt: metadata?.attempt,
      state: PodSandboxState[state],
    }));
    expect(listed, "sandboxes of the pod").to.have.deep.members([
      { id: first.id, attempt: 0, state: "SANDBOX_NOTREADY" },
      { id: second.id, attempt: 1, state: "SANDBOX_READY" },
    ]);
  },
);

behaviour(
  "SBX-013",
  {
    title: "A second RunPodSandbox with identical metadata never creates a second sandbox",
    level: "required",
    rpcs: ["RunPodSandbox", "ListPodSandbox"],
    clause: "PodSandboxMetadata: identifies a sandbox on a runtime; the second call fails or returns the first sandbox",
  },
  async ({ runtime, rpc, names, note }) => {
    const pod = names.next();
    const config = await runtime.podConfig({ labels: { pod } });
    const first = await runtime.runSandboxWith(config);

    const second = await answerOf(runtime.runSandboxWith(config));

    if (second instanceof RpcError) note(`the second call was refused with ${second.codeName}`);
    else expect(second.id, "id from the second RunPodSandbox").to.equal(first.id);
    expect(idsOf(await listedSandboxes(rpc, { labelSelector: { pod } })), "sandboxes of the pod").to.have.members([
      first.id,
    ]);
    expect(await first.status(), "PodSandboxStatus of the first").to.have.fields({
      state: PodSandboxState.SANDBOX_READY,
    });
    await first.stop();
    await first.remove();
    await expectError(first.status(), "NotFound", "PodSandboxStatus of the removed first");
  },
);

behaviour(
  "SBX-014",
  {
    title: "Sandbox name is released on removal",
    level: "required",
    rpcs: ["RunPodSandbox", "RemovePodSandbox"],
    clause: "RemovePodSandbox: nothing is left of the sandbox, its name included",
  },
  async ({ runtime }) => {
    const config = await runtime.podConfig();
    const first = await runtime.runSandboxWith(config);
    await first.stop();
    await first.remove();

    const second = await runtime.runSandboxWith(config);

    expect(second.id, "id of the second sandbox").to.not.equal(first.id);
    expect(await second.status(), "PodSandboxStatus of the second").to.have.fields({
      state: PodSandboxState.SANDBOX_READY,
    });
  },
);
