import {
  answerOf,
  behaviour,
  ContainerState,
  expect,
  expectError,
  RpcError,
  SecurityProfile_ProfileType,
} from "../../src/harness/index.js";
import { listedIds } from "./listed.js";

behaviour(
  "CTR-013",
  {
    title: "Only a CREATED container can be started",
    level: "required",
    rpcs: ["StartContainer", "ContainerStatus"],
    clause: "StartContainer: starts a created container, once",
  },
  async ({ runtime, rpc }) => {
    const sandbox = await runtime.borrowSandbox();
    const running = await sandbox.startContainer();
    const exited = await sandbox.startContainer({ command: ["/bin/false"] });
    const before = await running.status();
    const ended = await exited.exited();

    await expectError(rpc.startContainer({ containerId: running.id }), "any", "StartContainer of a running container");
    await expectError(rpc.startContainer({ containerId: exited.id }), "any", "StartContainer of an exited container");

    expect(await running.status(), "ContainerStatus of the running container").to.have.fields({
      state: ContainerState.CONTAINER_RUNNING,
      startedAt: before.startedAt,
    });
    expect(await exited.status(), "ContainerStatus of the exited container").to.have.fields({
      state: ContainerState.CONTAINER_EXITED,
      exitCode: 1,
      finishedAt: ended.finishedAt,
    });
  },
);

behaviour(
  "CTR-014",
  {
    title: "A new attempt of the same container name in the same sandbox is another container",
    level: "required",
    rpcs: ["CreateContainer", "ListContainers"],
    clause: "ContainerMetadata: name and attempt together are unique in a sandbox",
  },
  async ({ runtime, rpc }) => {
    const sandbox = await runtime.borrowSandbox();
    const first = await sandbox.startContainer({ metadata: { name: "c", attempt: 0 }, command: ["/bin/true"] });
    await first.exited();

    const second = await sandbox.startContainer({ metadata: { name: "c", attempt: 1 } });

    expect(second.id, "id of the second attempt").to.not.equal(first.id);
    expect(await listedIds(rpc, { podSandboxId: sandbox.id }), "ids of ListContainers").to.have.members([
      first.id,
      second.id,
    ]);
    await first.remove();
    expect(await second.status(), "ContainerStatus of the second attempt").to.have.fields({
      state: ContainerState.CONTAINER_RUNNING,
      metadata: { name: "c", attempt: 1 },
    });
  },
);

behaviour(
  "CTR-015",
  {
    title: "The same name and attempt in one sandbox never yields a second container",
    level: "required",
    rpcs: ["CreateContainer", "ListContainers"],
    clause: "ContainerMetadata: name and attempt together are unique in a sandbox",
  },
  async ({ runtime, rpc }) => {
    const metadata = { name: "c", attempt: 0 };
    const [sandbox, elsewhere] = await Promise.all([runtime.borrowSandbox(), runtime.borrowSandbox()]);
    const container = await sandbox.createContainer({ metadata });

    // The runtime may refuse the repetition, or take it as the same request and return the same id.
    const repeated = await answerOf(sandbox.createContainer(container.config));
    const other = await elsewhere.createContainer({ metadata });

    if (!(repeated instanceof RpcError))
      expect(repeated.id, "id that the repeated CreateContainer returned").to.equal(container.id);
    expect(await listedIds(rpc, { podSandboxId: sandbox.id }), "ids of ListContainers").to.have.members([container.id]);
    expect(other.id, "id of a container of that name in another sandbox").to.not.equal(container.id);
    await container.start();
    expect(await container.status(), "ContainerStatus").to.have.fields({
      state: ContainerState.CONTAINER_RUNNING,
      metadata,
    });
  },
);

behaviour(
  "CTR-016",
  {
    title: "A container's name is free again after its removal and after a CreateContainer that failed",
    level: "required",
    rpcs: ["CreateContainer", "RemoveContainer"],
    clause: "ContainerMetadata: name and attempt together are unique among the containers that exist in a sandbox",
    needs: ["seccomp"],
  },
  async ({ runtime, names }) => {
    const sandbox = await runtime.borrowSandbox();
    const removed = await sandbox.createContainer({ metadata: { name: "removed", attempt: 0 } });
    await removed.remove();
    // One request that fails early, when the image is looked up, and one that fails late, when the process is described.
    const failing = {
      early: { image: { image: `localhost/${names.next()}:missing` } },
      late: {
        linux: {
          securityContext: {
            seccomp: {
              profileType: SecurityProfile_ProfileType.Localhost,
              localhostRef: `/nonexistent/${names.next()}`,
            },
          },
        },
      },
    };
    for (const [name, options] of Object.entries(failing)) {
      const failed = sandbox.createContainer({ metadata: { name, attempt: 0 }, ...options });
      await expectError(failed, "any", `CreateContainer that must fail ${name}`);
    }

    for (const name of ["removed", ...Object.keys(failing)]) {
      const container = await sandbox.startContainer({ metadata: { name, attempt: 0 } });
      expect(
        await container.status(),
        `ContainerStatus of the container that reuses the name "${name}"`,
      ).to.have.fields({
        state: ContainerState.CONTAINER_RUNNING,
      });
    }
  },
);
