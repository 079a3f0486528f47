import type { DescMessage, Message, MessageInitShape } from "@bufbuild/protobuf";
import type { ContainerConfigSchema, PodSandboxConfigSchema } from "../cri/gen/runtime/v1/api_pb.js";

/** The plain-object form of a message, as a request takes it. */
type Plain<D extends DescMessage> = Exclude<MessageInitShape<D>, Message>;

export type PodSandboxInit = Plain<typeof PodSandboxConfigSchema>;
export type ContainerInit = Plain<typeof ContainerConfigSchema>;

/** A pod sandbox's configuration, as far as a spec cares; the rest gets defaults as the kubelet sets them. */
export type PodOptions = Partial<PodSandboxInit> & {
  /** Runtime handler; default: the run's. */
  runtimeHandler?: string;
};

/** A container's configuration, as far as a spec cares. */
export type ContainerOptions = Partial<Omit<ContainerInit, "image">> & {
  /** Name of a declared test image, or a reference of its own as `{ image: "…" }`. Default: busybox. */
  image?: string | ContainerInit["image"];
};
