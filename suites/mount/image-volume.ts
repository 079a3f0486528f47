import {
  answerOf,
  RpcError,
  type ContainerOptions,
  type PodSandbox,
  type SpecContext,
} from "../../src/harness/index.js";

/** Where the specs mount the image. */
export const VOLUME = "/mnt/volume";

/** A pod on a runtime that has image volumes, and the image to mount. */
export interface ImageVolumePod {
  sandbox: PodSandbox;
  /** What PullImage returned for the image; the kubelet mounts images by this. */
  imageRef: string;
  /** Options of a container with the image, or a folder of it, mounted read-only. */
  mounting: (change?: { imageSubPath?: string; readonly?: boolean; image?: string; hostPath?: string }) => {
    mounts: NonNullable<ContainerOptions["mounts"]>;
  };
}

/**
 * Runs a pod for specs of image volumes (KEP-4639). No feature flag tells of them, and a runtime that does not know the
 * field does not see it: it answers as if there were a mount of nothing.
 */
export async function runImageVolumePod({ runtime, rpc, notApplicable }: SpecContext): Promise<ImageVolumePod> {
  const image = await runtime.ensureImage("image-volume");
  const { imageRef } = await rpc.pullImage({ image: { image } });
  const sandbox = await runtime.borrowSandbox();
  const mounting: ImageVolumePod["mounting"] = ({ image: other = imageRef, ...change } = {}) => ({
    mounts: [{ containerPath: VOLUME, readonly: true, image: { image: other }, ...change }],
  });

  const withImage = await answerOf(sandbox.createContainer(mounting()));
  if (withImage instanceof RpcError) {
    const withNothing = await answerOf(
      sandbox.createContainer({ mounts: [{ containerPath: VOLUME, readonly: true }] }),
    );
    const unknown = withNothing instanceof RpcError && sameWords(withImage, withNothing);
    if (unknown || withImage.is("Unimplemented")) notApplicable("the runtime does not know Mount.image", "runtime");
  }
  return { sandbox, imageRef, mounting };
}

/** Errors name the container, each its own. */
const sameWords = (one: RpcError, other: RpcError): boolean => withoutIds(one) === withoutIds(other);

const withoutIds = ({ codeName, details }: RpcError): string =>
  `${codeName}: ${details.replaceAll(/[0-9a-f]{12,}/g, "ID").replaceAll(/critique-[\w-]+/g, "NAME")}`;
