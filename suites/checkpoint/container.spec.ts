import { randomBytes } from "node:crypto";
import { access, stat } from "node:fs/promises";
import { behaviour, ContainerState, expect, expectError } from "../../src/harness/index.js";
import { namesInTar } from "./archive.js";
import { bumped, COUNTER, countOf, needCriu, passes } from "./counter.js";

behaviour(
  "CKP-001",
  {
    title: "CheckpointContainer writes an archive and leaves the container running",
    level: "optional",
    rpcs: ["CheckpointContainer", "ContainerStatus"],
    clause: "CheckpointContainerRequest.location: an archive for the node's administrator alone; the container goes on",
    needs: ["checkpoint-container", "node-root"],
  },
  async (context) => {
    await needCriu(context);
    const { runtime, rpc, tempFolder } = context;
    const container = await runtime.startContainer({ pod: {}, command: COUNTER });
    const count = await bumped(container);
    const location = `${await tempFolder("checkpoint")}/container.tar`;

    await rpc.checkpointContainer({ containerId: container.id, location, timeout: 0n });

    const archive = await stat(location);
    expect(archive.size, "size of the archive").to.be.above(0);
    // It holds the memory of the processes.
    expect((archive.mode & 0o077).toString(8), "rights of others in the archive's mode").to.equal("0");
    const names = await namesInTar(location);
    expect(names, "files in the archive").to.include.members(["config.dump", "spec.dump"]);
    expect(
      names.filter((name) => name.startsWith("checkpoint/")),
      "files below checkpoint/ in the archive",
    ).not.to.be.empty;
    expect(await container.status(), "ContainerStatus afterwards").to.have.fields({
      state: ContainerState.CONTAINER_RUNNING,
    });
    await passes(container, Math.max(count, await countOf(container)));
  },
);

behaviour(
  "CKP-002",
  {
    title: "CheckpointContainer refuses what is not running or unknown",
    level: "optional",
    rpcs: ["CheckpointContainer"],
    clause: "CheckpointContainerRequest.container_id: a running container; a failure leaves nothing at location",
    needs: ["checkpoint-container", "node-files"],
  },
  async ({ runtime, rpc, tempFolder }) => {
    const sandbox = await runtime.runSandbox();
    const created = await sandbox.createContainer();
    const exited = await sandbox.startContainer({ command: ["/bin/true"] });
    await exited.exited();
    const folder = await tempFolder("checkpoint");

    const ids = { "an unknown": randomBytes(32).toString("hex"), "a created": created.id, "an exited": exited.id };
    for (const [which, containerId] of Object.entries(ids)) {
      const location = `${folder}/${containerId}.tar`;
      await expectError(
        rpc.checkpointContainer({ containerId, location }),
        "any",
        `CheckpointContainer of ${which} container`,
      );
      const left = await access(location).then(
        () => "a file",
        () => "nothing",
      );
      expect(left, `what is at location after CheckpointContainer of ${which} container`).to.equal("nothing");
    }
  },
);

behaviour(
  "CKP-003",
  {
    title: "A checkpoint archive can be restored into a new pod",
    level: "optional",
    rpcs: ["CheckpointContainer", "CreateContainer", "StartContainer"],
    clause: "ImageSpec.image: the path of a checkpoint archive makes a container that goes on where it was (KEP-2008)",
    needs: ["checkpoint-container", "node-root"],
  },
  async (context) => {
    await needCriu(context);
    const { runtime, rpc, tempFolder } = context;
    const original = await runtime.startContainer({ pod: {}, command: COUNTER });
    const count = await bumped(original);
    const location = `${await tempFolder("checkpoint")}/container.tar`;
    await rpc.checkpointContainer({ containerId: original.id, location, timeout: 0n });

    const restored = await runtime.startContainer({ pod: {}, image: { image: location }, command: [] });

    const { id, sandbox, config } = restored;
    expect(id, "id of the restored container").not.to.equal(original.id);
    expect(await restored.status(), "ContainerStatus of the restored container").to.have.fields({
      state: ContainerState.CONTAINER_RUNNING,
      metadata: { name: config.metadata?.name },
    });
    const { containers } = await rpc.listContainers({ filter: { podSandboxId: sandbox.id } });
    expect(
      containers.map((container) => container.id),
      "containers of the new pod",
    ).to.deep.equal([id]);
    await passes(restored, count);
  },
);
