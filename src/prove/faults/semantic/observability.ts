import type { Message } from "@bufbuild/protobuf";
import {
  ContainerEventType,
  type ContainerEventResponse,
  type ContainerStats,
  type ContainerStatsResponse,
  type ListContainerStatsResponse,
} from "../../../cri/gen/runtime/v1/api_pb.js";
import type { Fault } from "../fault.js";
import { instead, insteadStream, onReply, onRequest, semantic, type Effect } from "./semantic.js";

/** Changes the figures of a container wherever they are given. */
const onStats = (edit: (stats: ContainerStats) => void): Effect[] => [
  onReply("containerStats", ({ stats }) => {
    if (stats) edit(stats);
  }),
  onReply("listContainerStats", ({ stats }) => stats.forEach(edit)),
];

/** Lets through, doubles or leaves out events. */
const onEvents = (pass: (event: ContainerEventResponse) => ContainerEventResponse[]): Effect =>
  insteadStream("getContainerEvents", async function* (call, hit): AsyncGenerator<Message> {
    for await (const event of call.forwardStream()) {
      const passed = pass(event as ContainerEventResponse);
      if (passed.length !== 1) hit();
      yield* passed;
    }
  });

/** What runtimes do wrong with statistics and events. */
export const OBSERVABILITY_FAULTS: readonly Fault[] = [
  semantic("stats-cpu-in-microseconds", {
    title: "CPU usage is in microseconds",
    does: () =>
      onStats(({ cpu }) => {
        if (cpu?.usageCoreNanoSeconds) cpu.usageCoreNanoSeconds.value /= 1000n;
      }),
  }),
  semantic("stats-cpu-zero", {
    title: "CPU usage is always zero",
    upstream: "https://github.com/containerd/containerd/issues/9531",
    does: () =>
      onStats(({ cpu }) => {
        if (cpu?.usageCoreNanoSeconds) cpu.usageCoreNanoSeconds.value = 0n;
      }),
  }),
  semantic("stats-memory-in-kibibytes", {
    title: "Memory usage is in kibibytes",
    does: () =>
      onStats(({ memory }) => {
        if (memory?.workingSetBytes) memory.workingSetBytes.value /= 1024n;
      }),
  }),
  semantic("stats-time-in-seconds", {
    title: "The timestamps of statistics are in seconds",
    does: () =>
      onStats(({ cpu, memory }) => {
        if (cpu) cpu.timestamp /= 1_000_000_000n;
        if (memory) memory.timestamp /= 1_000_000_000n;
      }),
  }),
  semantic("stats-of-first-forever", {
    title: "ContainerStats gives the first figures of a container for ever",
    does: () => {
      const first = new Map<string, Message>();
      return instead("containerStats", async (call, hit) => {
        const { containerId } = call.request;
        const known = first.get(containerId);
        if (known) {
          hit();
          return known;
        }
        const reply = (await call.forward()) as ContainerStatsResponse;
        first.set(containerId, reply);
        return reply;
      });
    },
  }),
  semantic("stats-shared-in-pod", {
    title: "All containers have the figures of the first one listed",
    upstream: "https://github.com/cri-o/cri-o/issues/3580",
    does: () =>
      onReply("listContainerStats", ({ stats }) => {
        for (const entry of stats) {
          if (stats[0]?.cpu) entry.cpu = stats[0].cpu;
          if (stats[0]?.memory) entry.memory = stats[0].memory;
        }
      }),
  }),
  semantic("stats-labels-lost", {
    title: "Statistics come without the labels of the container",
    does: () =>
      onStats(({ attributes }) => {
        if (attributes) attributes.labels = {};
      }),
  }),
  semantic("stats-selector-ignored", {
    title: "ListContainerStats ignores the label selector",
    does: () =>
      onRequest("listContainerStats", ({ filter }) => {
        if (filter) filter.labelSelector = {};
      }),
  }),
  semantic("stats-list-limited", {
    title: "ListContainerStats leaves out the last container",
    does: () => onReply("listContainerStats", (reply: ListContainerStatsResponse) => void reply.stats.pop()),
  }),
  semantic("writable-layer-constant", {
    title: "The usage of a container's writable layer is always one block",
    does: () =>
      onStats(({ writableLayer }) => {
        if (writableLayer?.usedBytes) writableLayer.usedBytes.value = 4096n;
      }),
  }),
  semantic("events-doubled", {
    title: "Every event is sent twice",
    does: () => onEvents((event) => [event, event]),
  }),
  semantic("events-stop-missing", {
    title: "No event tells that a container has stopped",
    does: () =>
      onEvents((event) => (event.containerEventType === ContainerEventType.CONTAINER_STOPPED_EVENT ? [] : [event])),
  }),
  semantic("events-delete-missing", {
    title: "No event tells that a container was removed",
    does: () =>
      onEvents((event) => (event.containerEventType === ContainerEventType.CONTAINER_DELETED_EVENT ? [] : [event])),
  }),
  semantic("events-created-in-seconds", {
    title: "The times of events are in seconds",
    does: () => onReply("getContainerEvents", (event) => void (event.createdAt /= 1_000_000_000n)),
  }),
  semantic("events-without-statuses", {
    title: "Events come without the statuses of the pod's containers",
    does: () => onReply("getContainerEvents", (event) => void (event.containersStatuses = [])),
  }),
  semantic("events-of-first-type", {
    title: "Every event tells of a creation",
    does: () =>
      onReply("getContainerEvents", (event) => {
        event.containerEventType = ContainerEventType.CONTAINER_CREATED_EVENT;
      }),
  }),
];
