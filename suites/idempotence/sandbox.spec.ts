import { randomBytes } from "node:crypto";
import { behaviour, expect, expectError, expectOk, PodSandboxState } from "../../src/harness/index.js";

/** There is nothing to do, so there is nothing to wait for; a loaded node answers within this time too. */
const PROMPT = { timeoutMs: 10_000 };

behaviour(
  "IDM-001",
  {
    title: "StopPodSandbox on an unknown id is OK",
    level: "required",
    rpcs: ["StopPodSandbox"],
    clause: "StopPodSandbox: idempotent; a sandbox that is gone is no error",
    critest: "[k8s.io] Idempotence StopPodSandbox should not return an error if not found",
  },
  async ({ rpc }) => {
    const podSandboxId = randomBytes(32).toString("hex");

    await expectOk(rpc.stopPodSandbox({ podSandboxId }, PROMPT), "StopPodSandbox of an unknown id");
  },
);

behaviour(
  "IDM-002",
  {
    title: "StopPodSandbox can be repeated",
    level: "required",
    rpcs: ["StopPodSandbox"],
    clause: "StopPodSandbox: idempotent; the kubelet may ask again after the sandbox has stopped",
    critest: "[k8s.io] Idempotence StopPodSandbox should not return an error if already stopped",
  },
  async ({ runtime, rpc }) => {
    const sandbox = await runtime.runSandbox();
    await sandbox.startContainer();
    await sandbox.stop();

    const again = () => rpc.stopPodSandbox({ podSandboxId: sandbox.id });
    await expectOk(again(), "second StopPodSandbox");
    await Promise.all([
      expectOk(again(), "one of two StopPodSandbox at once"),
      expectOk(again(), "the other of two StopPodSandbox at once"),
    ]);

    expect(await sandbox.status(), "PodSandboxStatus").to.have.fields({ state: PodSandboxState.SANDBOX_NOTREADY });
  },
);

behaviour(
  "IDM-003",
  {
    title: "RemovePodSandbox on an unknown or removed id is OK",
    level: "required",
    rpcs: ["RemovePodSandbox"],
    clause: "RemovePodSandbox: idempotent; a sandbox that is gone is no error",
    critest: "[k8s.io] Idempotence RemovePodSandbox should not return an error if not found",
  },
  async ({ runtime, rpc }) => {
    const remove = (podSandboxId: string) => rpc.removePodSandbox({ podSandboxId });
    const [one, other] = await Promise.all([runtime.runSandbox(), runtime.runSandbox()]);

    await expectOk(
      rpc.removePodSandbox({ podSandboxId: randomBytes(32).toString("hex") }, PROMPT),
      "RemovePodSandbox of an unknown id",
    );
    await expectOk(remove(one.id), "RemovePodSandbox");
    await expectOk(remove(one.id), "second RemovePodSandbox");
    await other.stop(); // as the kubelet does; taking a network down twice at once is another matter
    await Promise.all([
      expectOk(remove(other.id), "one of two RemovePodSandbox at once"),
      expectOk(remove(other.id), "the other of two RemovePodSandbox at once"),
    ]);

    await expectError(other.status(), "NotFound", "PodSandboxStatus of a removed sandbox");
  },
);
