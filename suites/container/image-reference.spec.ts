import { behaviour, ContainerState, expect, type ImageSpec } from "../../src/harness/index.js";
import { listedContainers } from "./listed.js";

/** What a request may say of an image. */
interface Told {
  image: string;
  userSpecifiedImage?: string;
  imageRef?: string;
  runtimeHandler: string;
  annotations: Record<string, string>;
}

behaviour(
  "CTR-038",
  {
    title: "CreateContainer takes an image by id, by tag and by digest, and means the same image",
    level: "required",
    rpcs: ["CreateContainer", "ContainerStatus", "ListContainers"],
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
    const requests: Told[] = [
      ...[id, reference, digestReference].map((name) => ({ image: name })),
      { image: id, userSpecifiedImage: reference, imageRef: id },
    ].map((names) => ({ ...names, runtimeHandler: runtime.handler, annotations: { "critique.dev/image": "told" } }));
    const statuses = await Promise.all(
      requests.map(async (told) => {
        const container = await sandbox.startContainer({ image: told });
        const [listed] = await listedContainers(rpc, { id: container.id });
        return { told, status: await container.status(), listed };
      }),
    );

    for (const { told, status, listed } of statuses) {
      const which = `a container of ${told.image}${told.userSpecifiedImage ? " as the kubelet names it" : ""}`;
      const subject = `ContainerStatus of ${which}`;
      expect(status, subject).to.have.fields({
        state: ContainerState.CONTAINER_RUNNING,
        imageRef: statuses[0]?.status.imageRef,
      });
      expect(status.imageRef, `${subject}: image_ref`).to.not.equal("");
      expect(status.image?.image ?? "", `${subject}: image.image`).to.not.equal("");
      // Since Kubernetes 1.30; older runtimes leave it empty.
      expect(status.imageId, `${subject}: image_id`).to.be.oneOf(["", id]);
      expect(listed?.imageId, `ListContainers entry of ${which}: image_id`).to.be.oneOf(["", id]);
      const found = [id, reference, digestReference];
      expectHints(status.image, told, found, subject);
      expectHints(listed?.image, told, found, `ListContainers entry of ${which}`);
    }
    const ids = new Set(statuses.map(({ status }) => status.imageId));
    expect([...ids], "ContainerStatus.image_id of the four containers").to.have.lengthOf(1);
  },
);

/** What tells where a reference came from may be left out; where it is there, it is what CreateContainer was told or found. */
function expectHints(seen: ImageSpec | undefined, told: Told, found: readonly string[], subject: string): void {
  const allowed = {
    userSpecifiedImage: ["", told.userSpecifiedImage ?? told.image],
    imageRef: ["", ...found],
    runtimeHandler: ["", told.runtimeHandler],
  };
  for (const field of ["userSpecifiedImage", "imageRef", "runtimeHandler"] as const) {
    expect(seen?.[field] ?? "", `${subject}: image.${field}`).to.be.oneOf(allowed[field]);
  }
  for (const [key, value] of Object.entries(told.annotations)) {
    expect(seen?.annotations[key] ?? value, `${subject}: image.annotations["${key}"]`).to.equal(value);
  }
}
