import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  ContainerSchema,
  ContainerState,
  ContainerStatsSchema,
  ImageSchema,
  PodSandboxMetricsSchema,
  PodSandboxSchema,
  PodSandboxState,
  PodSandboxStatsSchema,
  type Container,
  type ContainerFilter,
  type ContainerStats,
  type PodSandbox,
  type PodSandboxFilter,
} from "../../src/cri/gen/runtime/v1/api_pb.js";
import type { Answers, Streams } from "./fake-runtime.js";

/** How the pieces of a stream are made of its items; `pieces` is right. */
export type Cut = <T>(items: readonly T[]) => T[][];

/** Two items a message, and no message where there is nothing. */
export const pieces: Cut = (items) =>
  Array.from({ length: Math.ceil(items.length / 2) }, (_, index) => items.slice(2 * index, 2 * index + 2));

export interface ListingFaults {
  cut?: Cut;
  /** Streams ignore their filters. */
  unfiltered?: boolean;
  /** Streamed items lack what only the full list knows: labels, names of images, usage. */
  bare?: boolean;
  /** A stream that is cut short by its client makes the runtime lose a container. */
  forgetful?: boolean;
}

const matches = (labels: Record<string, string>, selector: Record<string, string> = {}): boolean =>
  Object.entries(selector).every(([key, value]) => labels[key] === value);

/** A runtime with pods, containers and images in memory that lists and streams them, right or with faults. */
export function listingRuntime({ cut = pieces, unfiltered, bare, forgetful }: ListingFaults = {}): {
  answers: Answers;
  streams: Streams;
} {
  const sandboxes = new Map<string, PodSandbox>();
  const containers = new Map<string, Container>();
  const images = [0, 1, 2].map((n) =>
    create(ImageSchema, { id: `sha256:${n}`, repoTags: [`localhost/image:${n}`], size: BigInt(n + 1) }),
  );
  let count = 0;
  let streamed = 0;

  const podsFor = (filter?: PodSandboxFilter): PodSandbox[] =>
    [...sandboxes.values()].filter(
      ({ id, state, labels }) =>
        (!filter?.id || filter.id === id) &&
        (filter?.state === undefined || filter.state.state === state) &&
        matches(labels, filter?.labelSelector),
    );
  const containersFor = (filter?: Partial<Omit<ContainerFilter, "$typeName">>): Container[] =>
    [...containers.values()].filter(
      ({ id, podSandboxId, state, labels }) =>
        (!filter?.id || filter.id === id) &&
        (!filter?.podSandboxId || filter.podSandboxId === podSandboxId) &&
        (filter?.state === undefined || filter.state.state === state) &&
        matches(labels, filter?.labelSelector),
    );
  const statsOf = ({ id, labels }: Container, withUsage = true): ContainerStats =>
    create(ContainerStatsSchema, {
      attributes: { id, labels },
      ...(withUsage && { cpu: { usageCoreNanoSeconds: { value: BigInt(++count) } } }),
    });
  const podStats = () =>
    podsFor().map(({ id, labels }) => create(PodSandboxStatsSchema, { attributes: { id, labels } }));
  const metrics = () => podsFor().map(({ id }) => create(PodSandboxMetricsSchema, { podSandboxId: id }));
  /** What a stream says of an item. */
  const told = <T extends object>(items: readonly T[]): T[] =>
    bare
      ? items.map((item) => ({ ...item, labels: "labels" in item ? item.labels : {}, createdAt: 0n, repoTags: [] }))
      : [...items];

  const listed = (init: MessageInitShape<typeof ContainerSchema>) => create(ContainerSchema, init);
  return {
    answers: {
      status: () => ({ status: { conditions: [{ type: "RuntimeReady", status: true }] } as never }),
      runPodSandbox: ({ config }) => {
        const id = `sandbox-${count++}`;
        const { metadata, labels } = config!;
        const createdAt = BigInt(count);
        const pod = { id, createdAt, labels, state: PodSandboxState.SANDBOX_READY, ...(metadata && { metadata }) };
        sandboxes.set(id, create(PodSandboxSchema, pod));
        return { podSandboxId: id };
      },
      stopPodSandbox: ({ podSandboxId }) => {
        const pod = sandboxes.get(podSandboxId);
        if (pod) pod.state = PodSandboxState.SANDBOX_NOTREADY;
        return {};
      },
      removePodSandbox: ({ podSandboxId }) => {
        sandboxes.delete(podSandboxId);
        for (const { id } of containersFor({ podSandboxId })) containers.delete(id);
        return {};
      },
      listPodSandbox: ({ filter }) => ({ items: podsFor(filter) }),
      createContainer: ({ podSandboxId, config }) => {
        const id = `container-${count++}`;
        const { metadata, labels } = config!;
        const createdAt = BigInt(count);
        containers.set(
          id,
          listed({ id, podSandboxId, createdAt, labels, imageRef: "sha256:0", ...(metadata && { metadata }) }),
        );
        return { containerId: id };
      },
      startContainer: ({ containerId }) => {
        containers.get(containerId)!.state = ContainerState.CONTAINER_RUNNING;
        return {};
      },
      removeContainer: ({ containerId }) => {
        containers.delete(containerId);
        return {};
      },
      listContainers: ({ filter }) => ({ containers: containersFor(filter) }),
      listContainerStats: ({ filter }) => ({
        stats: containersFor(filter).map((container) => statsOf(container)),
      }),
      listPodSandboxStats: ({ filter }) => ({
        stats: podStats().filter(({ attributes }) => matches(attributes!.labels, filter?.labelSelector)),
      }),
      listPodSandboxMetrics: () => ({ podMetrics: metrics() }),
      imageStatus: () => ({ image: images[0]! }),
      listImages: () => ({ images }),
      removeImage: () => ({}),
    },
    streams: {
      streamPodSandboxes: ({ filter }) =>
        cut(told(podsFor(unfiltered ? undefined : filter))).map((podSandboxes) => ({ podSandboxes })),
      streamContainers: ({ filter }) => {
        if (forgetful && ++streamed > 40) containers.clear();
        return cut(told(containersFor(unfiltered ? undefined : filter))).map((some) => ({ containers: some }));
      },
      streamContainerStats: ({ filter }) => {
        const stats = containersFor(unfiltered ? undefined : filter).map((container) => statsOf(container, !bare));
        return cut(stats).map((containerStats) => ({ containerStats }));
      },
      streamPodSandboxStats: ({ filter }) =>
        cut(
          podStats().filter(({ attributes }) => unfiltered || matches(attributes!.labels, filter?.labelSelector)),
        ).map((podSandboxStats) => ({ podSandboxStats })),
      streamPodSandboxMetrics: () => cut(metrics()).map((podSandboxMetrics) => ({ podSandboxMetrics })),
      streamImages: () => cut(told(images)).map((some) => ({ images: some })),
    },
  };
}
