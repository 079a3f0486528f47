import { behaviour, ContainerState, expect } from "../../src/harness/index.js";

behaviour(
  "CTR-038",
  {
    title: "CreateContainer takes an image by id, by tag and by digest, and means the same image",
    level: "required",
    rpcs: ["CreateContainer", "ContainerStatus"],
    clause: "ContainerConfig.image: an image on the node, by id, tag or digest",
    needs: ["own-registry"],
  },
  async ({ runtime, rpc, images }) => {
    const { reference, digestReference } = await images.publishOwn({ withBusybox: true });
    await rpc.pullImage({ image: { image: reference } });
    const { image } = await rpc.imageStatus({ image: { image: reference } });
    const id = image?.id ?? "";
    expect(id, "ImageStatus: Image.id").to.not.equal("");
    const sandbox = await runtime.borrowSandbox();

    // The last is how the kubelet names an image: what it resolved to, and what the pod's specification says.
    const asTheKubelet = { image: id, userSpecifiedImage: reference, imageRef: id, runtimeHandler: runtime.handler };
    const statuses = await Promise.all(
      [{ image: id }, { image: reference }, { image: digestReference }, asTheKubelet].map(async (spec) => {
        const container = await sandbox.startContainer({ image: spec });
        return { name: Object.values(spec).join(" "), status: await container.status() };
      }),
    );

    for (const { name, status } of statuses) {
      const subject = `ContainerStatus of a container of ${name}`;
      expect(status, subject).to.have.fields({
        state: ContainerState.CONTAINER_RUNNING,
        imageRef: statuses[0]?.status.imageRef,
      });
      expect(status.imageRef, `${subject}: image_ref`).to.not.equal("");
      expect(status.image?.image ?? "", `${subject}: image.image`).to.not.equal("");
      // Since Kubernetes 1.30; older runtimes leave it empty.
      expect(status.imageId, `${subject}: image_id`).to.be.oneOf(["", id]);
    }
    const ids = new Set(statuses.map(({ status }) => status.imageId));
    expect([...ids], "ContainerStatus.image_id of the four containers").to.have.lengthOf(1);
  },
);
