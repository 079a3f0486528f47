import { behaviour, ContainerState, expect, until, type Container, type CriRpc } from "../../src/harness/index.js";
import { listedContainers } from "./listed.js";

behaviour(
  "CTR-007",
  {
    title: "Container metadata, labels and annotations round trip through status and list",
    level: "required",
    rpcs: ["CreateContainer", "ContainerStatus", "ListContainers"],
    clause: "ContainerStatus.metadata, labels, annotations: as in the configuration, not altered",
    critest:
      "[k8s.io] Container runtime should support basic operations on container runtime should support preserving container attributes [Conformance]",
  },
  async ({ runtime, rpc, names }) => {
    const metadata = { name: names.next(), attempt: 3 };
    const labels = { ...names.labels, "io.kubernetes.container.name": metadata.name, empty: "" };
    const annotations = {
      "critique.dev/empty": "",
      "critique.dev/long": "x".repeat(8 * 1024),
      "critique.dev/text": 'a="b"\nc: ünïcödé 字',
    };
    const sandbox = await runtime.borrowSandbox();

    const container = await sandbox.createContainer({ metadata, labels, annotations });

    expect(await container.status(), "ContainerStatus").to.have.fields({ metadata, labels, annotations });
    const [listed] = await listedContainers(rpc, { id: container.id });
    expect(listed, "the listed container").to.have.fields({ metadata, labels, annotations });
  },
);

behaviour(
  "CTR-008",
  {
    title: "ContainerStatus carries in every state the fields that the kubelet verifies",
    level: "required",
    rpcs: ["ContainerStatus", "ImageStatus"],
    clause: "ContainerStatus: the kubelet rejects a status without id, metadata, created_at, image or image_ref",
  },
  async ({ runtime, rpc }) => {
    const sandbox = await runtime.borrowSandbox();
    const container = await sandbox.createContainer();
    const complete = async (state: ContainerState): Promise<void> => {
      const status = await container.status();
      const subject = `ContainerStatus of a container in ${ContainerState[state]}`;
      const metadata = { name: container.config.metadata?.name ?? "" };
      expect(status, subject).to.have.fields({ id: container.id, state, metadata });
      expect(Number(status.createdAt), `${subject}: created_at`).to.be.above(0);
      expect(status.image?.image ?? "", `${subject}: image.image`).to.not.equal("");
      expect(status.imageRef, `${subject}: image_ref`).to.not.equal("");
    };

    await complete(ContainerState.CONTAINER_CREATED);
    await container.start();
    await complete(ContainerState.CONTAINER_RUNNING);
    await expectImageNames(rpc, container, runtime.handler);
    await container.stop();
    await complete(ContainerState.CONTAINER_EXITED);
  },
);

/** States that all names under which a running container shows its image are names of one image. */
async function expectImageNames(rpc: CriRpc, container: Container, handler: string): Promise<void> {
  const [listed] = await listedContainers(rpc, { id: container.id });
  const { image, imageRef, state } = await container.status();
  expect(listed, "ListContainers entry of the container").to.have.fields({ state });
  const names = {
    "ContainerStatus.image": image?.image,
    "ContainerStatus.image_ref": imageRef,
    "Container.image": listed?.image?.image,
    "Container.image_ref": listed?.imageRef,
    // A runtime need not fill these.
    ...optional({
      "Container.image.image_ref": listed?.image?.imageRef,
      "Container.image.user_specified_image": listed?.image?.userSpecifiedImage,
    }),
  };
  const asked = await rpc.imageStatus({ image: container.config.image });
  for (const [field, name = ""] of Object.entries(names)) {
    // cri-dockerd says before a reference where it got the image.
    const found = await rpc.imageStatus({ image: { image: name.replace(/^docker(-pullable)?:\/\//, "") } });
    const subject = `id of the image that ${field} names, ${JSON.stringify(name)}`;
    expect(found.image?.id ?? "none", subject).to.equal(asked.image?.id);
  }
  expect(listed?.image?.runtimeHandler, "Container.image.runtime_handler").to.be.oneOf(["", handler]);
}

/** Those of the names that are there. */
const optional = (names: Record<string, string | undefined>): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(names).filter(([, name]) => name !== ""));

behaviour(
  "CTR-009",
  {
    title: "A container outlives the removal of its image, and its status still names the image",
    level: "required",
    rpcs: ["RemoveImage", "ContainerStatus", "ListContainers", "StopContainer"],
    clause: "ContainerStatus.image, image_ref: the kubelet rejects a status without them",
    needs: ["own-registry"],
  },
  async ({ runtime, rpc, images, notApplicable }) => {
    const { reference } = await images.publishOwn({ withBusybox: true });
    const image = { image: reference };
    await rpc.pullImage({ image });
    const container = await runtime.startContainer({ image });

    const refused = await rpc.removeImage({ image }).then(
      () => undefined,
      (error: Error) => error,
    );
    if (refused) notApplicable(`the runtime refuses to remove an image in use: ${refused.message}`);

    await until("ImageStatus to say that the image is gone", async () => !(await rpc.imageStatus({ image })).image);
    const status = await container.status();
    expect(status, "ContainerStatus").to.have.fields({ state: ContainerState.CONTAINER_RUNNING });
    await namesItsImage(rpc, container);
    await container.stop();
    await namesItsImage(rpc, container);
    await container.remove();
  },
);

/** Both forms in which the kubelet reads a container must name its image. */
async function namesItsImage(rpc: CriRpc, container: Container): Promise<void> {
  const status = await container.status();
  const subject = `of a container in ${ContainerState[status.state]}`;
  expect(status.image?.image ?? "", `ContainerStatus.image.image ${subject}`).to.not.equal("");
  expect(status.imageRef, `ContainerStatus.image_ref ${subject}`).to.not.equal("");
  const [listed] = await listedContainers(rpc, { id: container.id });
  expect(listed?.image?.image ?? "", `ListContainers: image.image ${subject}`).to.not.equal("");
  expect(listed?.imageRef ?? "", `ListContainers: image_ref ${subject}`).to.not.equal("");
}

behaviour(
  "CTR-039",
  {
    title: "ContainerStatus.mounts mirrors the requested mounts in every state",
    level: "required",
    rpcs: ["CreateContainer", "ContainerStatus"],
    clause:
      "ContainerStatus.mounts: as in the configuration; the kubelet finds the termination message file through it",
    needs: ["node-files"],
  },
  async ({ runtime, tempFolder }) => {
    const mounts = [
      { containerPath: "/one", hostPath: await tempFolder("one"), readonly: false, imageSubPath: "" },
      { containerPath: "/two", hostPath: await tempFolder("two"), readonly: true, imageSubPath: "" },
      { containerPath: "/three/deep", hostPath: await tempFolder("three"), readonly: false, imageSubPath: "" },
    ];
    const sandbox = await runtime.borrowSandbox();
    const container = await sandbox.createContainer({ mounts });
    const mirrored = async (): Promise<void> => {
      const status = await container.status();
      const subject = `mounts of a container in ${ContainerState[status.state]}`;
      // A runtime may list mounts of its own beside them.
      const seen = status.mounts
        .filter(({ containerPath }) => mounts.some((mount) => mount.containerPath === containerPath))
        .map(({ containerPath, hostPath, readonly, imageSubPath }) => ({
          containerPath,
          hostPath,
          readonly,
          imageSubPath,
        }));
      expect(seen, subject).to.have.deep.members(mounts);
    };

    await mirrored();
    await container.start();
    await mirrored();
    await container.stop();
    await mirrored();
  },
);
