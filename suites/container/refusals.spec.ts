import { randomBytes } from "node:crypto";
import { answerOf, behaviour, ContainerState, expect, expectError, RpcError } from "../../src/harness/index.js";
import { listedIds } from "./listed.js";

const NOT_THERE = /\/no\/such\/binary|no such file|not found/i;

behaviour(
  "CTR-017",
  {
    title: "A command that does not exist is reported as a failure with a usable message",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer", "ContainerStatus"],
    clause: "ContainerStatus.reason, message: say why a start failed",
  },
  async ({ runtime }) => {
    const metadata = { name: "missing", attempt: 0 };
    const sandbox = await runtime.borrowSandbox();

    // Either step may find out.
    const created = await answerOf(sandbox.createContainer({ metadata, command: ["/no/such/binary"] }));
    const failure =
      created instanceof RpcError
        ? created
        : await expectError(created.start(), "any", "StartContainer of a command that does not exist");

    expect(failure?.details, "message of the error").to.match(NOT_THERE);
    if (!(created instanceof RpcError)) {
      const status = await created.status();
      const subject = "after the failed start";
      expect(status, `ContainerStatus ${subject}`).to.have.fields({ state: ContainerState.CONTAINER_EXITED });
      expect(status.exitCode, `ContainerStatus.exit_code ${subject}`).to.be.oneOf([127, 128]);
      // Whoever describes the pod sees these two, and not what StartContainer answered.
      expect(status.reason, `ContainerStatus.reason ${subject}`).to.not.equal("");
      expect(status.message, `ContainerStatus.message ${subject}`).to.match(NOT_THERE);
      await created.stop();
      await created.remove();
    }
    const container = await sandbox.startContainer({ metadata });
    expect(await container.status(), "ContainerStatus of the next container of that name").to.have.fields({
      state: ContainerState.CONTAINER_RUNNING,
    });
  },
);

behaviour(
  "CTR-020",
  {
    title: "A container without a command, neither its own nor its image's, is refused",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer"],
    clause: "ContainerConfig.command: empty means the image's ENTRYPOINT, of which there is none",
  },
  async ({ runtime, rpc }) => {
    const sandbox = await runtime.borrowSandbox();

    const created = await answerOf(sandbox.createContainer({ image: "no-command", command: [] }));
    if (!(created instanceof RpcError)) await expectError(created.start(), "any", "StartContainer without a command");

    const running = await listedIds(rpc, {
      podSandboxId: sandbox.id,
      state: { state: ContainerState.CONTAINER_RUNNING },
    });
    expect(running, "ids of the pod's running containers").to.be.empty;
  },
);

behaviour(
  "CTR-036",
  {
    title: "CreateContainer without its required parts fails and leaves nothing",
    level: "required",
    rpcs: ["CreateContainer", "ListContainers", "Status"],
    clause: "CreateContainerRequest.pod_sandbox_id, ContainerConfig.metadata, image: required",
  },
  async ({ runtime, rpc }) => {
    const sandbox = await runtime.borrowSandbox();
    const config = await runtime.containerConfig(sandbox.config);
    const sandboxConfig = sandbox.config;
    const podSandboxId = sandbox.id;
    const { metadata: _metadata, ...withoutMetadata } = config;
    const { image: _image, ...withoutImage } = config;
    const requests = {
      "without metadata": { podSandboxId, sandboxConfig, config: withoutMetadata },
      "without a configuration": { podSandboxId, sandboxConfig },
      "without an image": { podSandboxId, sandboxConfig, config: withoutImage },
      "in an unknown sandbox": { podSandboxId: randomBytes(32).toString("hex"), sandboxConfig, config },
      "without a sandbox": { podSandboxId: "", sandboxConfig, config },
    };

    for (const [what, request] of Object.entries(requests))
      await expectError(rpc.createContainer(request), "any", `CreateContainer ${what}`);

    expect(await listedIds(rpc, { podSandboxId }), "ids of ListContainers").to.be.empty;
    const { status } = await rpc.status({});
    const ready = status?.conditions.find(({ type }) => type === "RuntimeReady");
    expect(ready?.status, "RuntimeReady after the refused requests").to.equal(true);
  },
);

behaviour(
  "CTR-037",
  {
    title: "CreateContainer uses images that are there and never pulls one",
    level: "required",
    rpcs: ["CreateContainer", "ListContainers"],
    clause: "CreateContainer: the image must be on the node already; the kubelet pulls it by PullImage",
    needs: ["own-registry"],
  },
  async ({ runtime, rpc, images }) => {
    const { reference, name } = await images.publishOwn({ withBusybox: true });
    const sandbox = await runtime.borrowSandbox();

    await expectError(
      sandbox.createContainer({ image: { image: reference } }),
      "any",
      "CreateContainer with an image that was never pulled",
    );

    expect(await listedIds(rpc, { podSandboxId: sandbox.id }), "ids of ListContainers").to.be.empty;
    const requests = images.registry.requests(name).map(({ method, path }) => `${method} ${path}`);
    expect(requests, "requests to the image's registry").to.be.empty;
  },
);
