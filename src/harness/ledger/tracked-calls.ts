import type { DescMethod, Message } from "@bufbuild/protobuf";
import {
  ImageService,
  RuntimeService,
  type CreateContainerRequest,
  type CreateContainerResponse,
  type PullImageRequest,
  type PullImageResponse,
  type RemoveContainerRequest,
  type RemoveImageRequest,
  type RemovePodSandboxRequest,
  type RestorePodResponse,
  type RunPodSandboxRequest,
  type RunPodSandboxResponse,
} from "../../cri/gen/runtime/v1/api_pb.js";
import type { ObjectKind } from "./entry.js";

/** Something a call makes. */
export interface Creation {
  kind: ObjectKind;
  /** The object's name, or an image's reference. */
  name: string;
  /** Known once the runtime has answered. */
  id?: string;
  /** The sandbox that a container goes with. */
  sandboxId?: string;
}

/** What a call makes, if anything. */
export function creationOf(desc: DescMethod, request: Message, response?: Message): Creation | undefined {
  switch (desc) {
    case RuntimeService.method.runPodSandbox: {
      const name = (request as RunPodSandboxRequest).config?.metadata?.name ?? "";
      return { kind: "sandbox", name, ...idOf((response as RunPodSandboxResponse | undefined)?.podSandboxId) };
    }
    case RuntimeService.method.restorePod:
      return { kind: "sandbox", name: "", ...idOf((response as RestorePodResponse | undefined)?.podSandboxId) };
    case RuntimeService.method.createContainer: {
      const { config, podSandboxId } = request as CreateContainerRequest;
      const id = idOf((response as CreateContainerResponse | undefined)?.containerId);
      return { kind: "container", name: config?.metadata?.name ?? "", sandboxId: podSandboxId, ...id };
    }
    case ImageService.method.pullImage: {
      const name = (request as PullImageRequest).image?.image ?? "";
      // Without a reference there is nothing to pull, and asking a runtime for such an image is an error.
      if (name === "") return undefined;
      return { kind: "image", name, ...idOf((response as PullImageResponse | undefined)?.imageRef) };
    }
    default:
      return undefined;
  }
}

/** What a call removes, if anything; an image by the reference or id that the call names. */
export function removalOf(desc: DescMethod, request: Message): { kind: ObjectKind; id: string } | undefined {
  switch (desc) {
    case RuntimeService.method.removePodSandbox:
      return { kind: "sandbox", id: (request as RemovePodSandboxRequest).podSandboxId };
    case RuntimeService.method.removeContainer:
      return { kind: "container", id: (request as RemoveContainerRequest).containerId };
    case ImageService.method.removeImage:
      return { kind: "image", id: (request as RemoveImageRequest).image?.image ?? "" };
    default:
      return undefined;
  }
}

const idOf = (id: string | undefined): { id?: string } => (id ? { id } : {});
