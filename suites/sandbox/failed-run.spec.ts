import { randomBytes } from "node:crypto";
import {
  answerOf,
  behaviour,
  expect,
  expectError,
  PodSandboxState,
  RpcError,
  SecurityProfile_ProfileType,
  type PodOptions,
  type PodSandboxInit,
} from "../../src/harness/index.js";
import { condition } from "../runtime/condition.js";
import { idsOf, listedSandboxes } from "./listed.js";

behaviour(
  "SBX-015",
  {
    title: "RunPodSandbox without metadata fails cleanly",
    level: "required",
    rpcs: ["RunPodSandbox", "Status"],
    clause: "PodSandboxConfig.metadata: required; a request without it is refused and changes nothing",
  },
  async ({ runtime, rpc, names, note }) => {
    const pod = names.next();
    const { metadata, ...config } = await runtime.podConfig({ labels: { pod } });
    const run = (request: PodSandboxInit) => rpc.runPodSandbox({ config: request, runtimeHandler: runtime.handler });

    await expectError(run(config), "any", "RunPodSandbox without metadata");

    expect(idsOf(await listedSandboxes(rpc, { labelSelector: { pod } })), "sandboxes of the pod").to.be.empty;
    expect(await condition(rpc, "RuntimeReady"), "condition RuntimeReady").to.have.fields({ status: true });

    // A name may be any string as far as the contract says; one that was taken must be given back.
    const nameless = await answerOf(run({ ...config, metadata: { ...metadata, name: "" } }));
    if (nameless instanceof RpcError) return note(`an empty name was refused with ${nameless.codeName}`);
    note("an empty name was accepted");
    await rpc.stopPodSandbox({ podSandboxId: nameless.podSandboxId });
    await rpc.removePodSandbox({ podSandboxId: nameless.podSandboxId });
  },
);

behaviour(
  "SBX-016",
  {
    title: "Unknown runtime handler is rejected",
    level: "required",
    rpcs: ["RunPodSandbox", "ListPodSandbox"],
    clause: "RunPodSandboxRequest.runtime_handler: a handler that the runtime does not have fails the call",
  },
  async ({ runtime, rpc, names }) => {
    const pod = names.next();
    const config = await runtime.podConfig({ labels: { pod } });
    const unknown = `no-such-handler-${randomBytes(4).toString("hex")}`;

    await expectError(runtime.runSandboxWith(config, unknown), "any", "RunPodSandbox with an unknown handler");

    expect(idsOf(await listedSandboxes(rpc, { labelSelector: { pod } })), "sandboxes of the pod").to.be.empty;
    const sandbox = await runtime.runSandboxWith(config);
    expect(await sandbox.status(), "PodSandboxStatus with the same configuration and a known handler").to.have.fields({
      state: PodSandboxState.SANDBOX_READY,
    });
  },
);

/** Settings that make a sandbox fail when it is half made; a handler may ignore the first. */
const SPOILERS: PodOptions[] = [
  { linux: { sysctls: { "net.ipv4.no_such_key": "1" } } },
  {
    linux: {
      securityContext: {
        seccomp: { profileType: SecurityProfile_ProfileType.Localhost, localhostRef: "/critique/no-such-profile" },
      },
    },
  },
];

behaviour(
  "SBX-018",
  {
    title: "Failed RunPodSandbox leaves nothing behind and the same config can be retried",
    level: "required",
    rpcs: ["RunPodSandbox", "ListPodSandbox"],
    clause: "RunPodSandbox: the kubelet retries with the same metadata after a failure",
  },
  async ({ runtime, rpc, names, note, notApplicable }) => {
    for (const spoiler of SPOILERS) {
      const pod = names.next();
      const config = await runtime.podConfig({ labels: { pod } });
      const spoilt = await runtime.podConfig({ ...config, ...spoiler });
      const ofPod = () => listedSandboxes(rpc, { labelSelector: { pod } });

      const answer = await answerOf(runtime.runSandboxWith(spoilt));
      if (!(answer instanceof RpcError)) {
        note(`${JSON.stringify(spoiler)} was accepted`);
        continue;
      }

      const left = await ofPod();
      const ready = left.filter(({ state }) => state === PodSandboxState.SANDBOX_READY);
      expect(idsOf(ready), "READY sandboxes after the failure").to.be.empty;
      for (const { id } of left) {
        note("the failure left a NOTREADY sandbox");
        await rpc.stopPodSandbox({ podSandboxId: id });
        await rpc.removePodSandbox({ podSandboxId: id });
      }
      expect(idsOf(await ofPod()), "sandboxes of the pod after removing what was left").to.be.empty;
      const sandbox = await runtime.runSandboxWith(config);
      expect(idsOf(await ofPod()), "sandboxes of the pod after the retry").to.have.members([sandbox.id]);
      return;
    }
    notApplicable("nothing that the suite knows makes RunPodSandbox fail with this handler", "handler");
  },
);
