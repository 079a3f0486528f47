import { randomBytes } from "node:crypto";
import { behaviour, expect, expectError, expectOk, sh } from "../../src/harness/index.js";

const unknown = () => randomBytes(32).toString("hex");

behaviour(
  "IDM-004",
  {
    title: "StopContainer on an unknown id or on a stopped container is OK",
    level: "required",
    rpcs: ["StopContainer"],
    clause: "StopContainer: idempotent; a container that has stopped or is gone is no error",
    critest: [
      "[k8s.io] Idempotence StopContainer should not return an error if not found",
      "[k8s.io] Idempotence StopContainer should not return an error if already stopped",
    ],
  },
  async ({ runtime, rpc }) => {
    const stop = (containerId: string) => rpc.stopContainer({ containerId, timeout: 10n });
    const sandbox = await runtime.borrowSandbox();
    const stopped = await sandbox.startContainer();
    const ended = await sandbox.startContainer({ command: sh("exit 3") });

    await expectOk(stop(unknown()), "StopContainer of an unknown id");
    await stopped.stop({ gracePeriodS: 10 });
    const { exitCode, finishedAt } = await stopped.status();
    const startedMs = performance.now();
    await expectOk(stop(stopped.id), "second StopContainer");
    const tookMs = performance.now() - startedMs;
    await ended.exited();
    await expectOk(stop(ended.id), "StopContainer of a container that ended by itself");

    // Half of the grace period: there is nothing left to wait for.
    expect(tookMs, "duration of the second StopContainer in ms").to.be.below(5_000);
    expect(await stopped.status(), "ContainerStatus after it").to.have.fields({ exitCode, finishedAt });
    expect(await ended.status(), "ContainerStatus of the container that ended by itself").to.have.fields({
      exitCode: 3,
    });
  },
);

behaviour(
  "IDM-005",
  {
    title: "RemoveContainer on an unknown or removed id is OK",
    level: "required",
    rpcs: ["RemoveContainer"],
    clause: "RemoveContainer: idempotent; a container that is gone is no error",
    critest: "[k8s.io] Idempotence RemoveContainer should not return an error if not found",
  },
  async ({ runtime, rpc }) => {
    const remove = (containerId: string) => rpc.removeContainer({ containerId });
    const sandbox = await runtime.borrowSandbox();
    const container = await sandbox.createContainer();

    await expectOk(remove(unknown()), "RemoveContainer of an unknown id");
    await expectOk(remove(container.id), "RemoveContainer");
    await expectOk(remove(container.id), "second RemoveContainer");

    await expectError(container.status(), "NotFound", "ContainerStatus of a removed container");
  },
);
