import { create } from "@bufbuild/protobuf";
import { setTimeout as sleep } from "node:timers/promises";
import {
  ContainerState,
  RemoveContainerResponseSchema,
  StartContainerResponseSchema,
  StopContainerResponseSchema,
  type ContainerStatus,
} from "../../../cri/gen/runtime/v1/api_pb.js";
import type { CriRpc } from "../../../cri/client.js";
import { CallStatus } from "../../proxy/call-status.js";
import type { Fault } from "../fault.js";
import { instead, onReply, onRequest, semantic, type Effect } from "./semantic.js";

/** Changes the status of a container as ContainerStatus gives it. */
const onStatus = (edit: (status: ContainerStatus) => void): Effect =>
  onReply("containerStatus", ({ status }) => {
    if (status) edit(status);
  });

const stateOf = async (rpc: CriRpc, containerId: string): Promise<ContainerState | undefined> =>
  (await rpc.listContainers({ filter: { id: containerId } })).containers[0]?.state;

/** What runtimes do wrong with the life of containers and in telling of it. */
export const CONTAINER_STATE_FAULTS: readonly Fault[] = [
  semantic("exit-code-lost", {
    title: "Every container that ended has the exit code 0",
    reach: { read: "ContainerStatus.exit_code" },
    does: () => onStatus((status) => (status.exitCode = 0)),
  }),
  semantic("exit-code-of-signal-plain", {
    title: "A container that a signal ended has the signal's number as exit code, without 128",
    reach: { read: "ContainerStatus.exit_code" },
    does: () =>
      onStatus((status) => {
        if (status.exitCode > 128) status.exitCode -= 128;
      }),
  }),
  semantic("exit-code-of-signal-255", {
    title: "A container that a signal ended has the exit code 255",
    reach: { read: "ContainerStatus.exit_code" },
    does: () =>
      onStatus((status) => {
        if (status.exitCode > 128) status.exitCode = 255;
      }),
  }),
  semantic("oom-reason-lost", {
    title: "A container that ran out of memory has the reason Error",
    upstream: "https://github.com/kubernetes/kubernetes/issues/119600",
    reach: { read: "ContainerStatus.reason" },
    does: () =>
      onStatus((status) => {
        if (status.reason === "OOMKilled") status.reason = "Error";
      }),
  }),
  semantic("reason-swapped", {
    title: "Containers that failed have the reason Completed, and the other way round",
    reach: { read: "ContainerStatus.reason" },
    does: () =>
      onStatus((status) => {
        if (status.reason === "Completed") status.reason = "Error";
        else if (status.reason === "Error") status.reason = "Completed";
      }),
  }),
  semantic("container-times-in-microseconds", {
    title: "The times in ContainerStatus are in microseconds",
    reach: { read: "ContainerStatus.created_at" },
    does: () =>
      onStatus((status) => {
        status.createdAt /= 1000n;
        status.startedAt /= 1000n;
        status.finishedAt /= 1000n;
      }),
  }),
  semantic("container-list-created-in-seconds", {
    title: "ListContainers gives created_at in seconds",
    reach: { read: "Container.created_at" },
    does: () =>
      onReply("listContainers", ({ containers }) => {
        for (const container of containers) container.createdAt /= 1_000_000_000n;
      }),
  }),
  semantic("finished-at-drifts", {
    title: "ContainerStatus.finished_at is the time of the call",
    reach: { read: "ContainerStatus.finished_at" },
    does: () =>
      onStatus((status) => {
        if (status.finishedAt > 0n) status.finishedAt = BigInt(Date.now()) * 1_000_000n;
      }),
  }),
  semantic("finished-at-missing-after-stop", {
    title: "A container that was stopped has no finished_at",
    reach: { read: "ContainerStatus.finished_at" },
    does: () =>
      onStatus((status) => {
        if (status.exitCode > 128) status.finishedAt = 0n;
      }),
  }),
  semantic("started-at-is-created-at", {
    title: "ContainerStatus.started_at is set from the creation on",
    reach: { read: "ContainerStatus.started_at" },
    does: () => onStatus((status) => (status.startedAt = status.createdAt)),
  }),
  semantic("started-before-created", {
    title: "ContainerStatus.started_at lies before created_at",
    reach: { read: "ContainerStatus.started_at" },
    does: () =>
      onStatus((status) => {
        if (status.startedAt > 0n) status.startedAt = status.createdAt - 1_000_000n;
      }),
  }),
  semantic("exited-stays-running", {
    title: "ContainerStatus says that a container runs although it has ended",
    reach: { read: "ContainerStatus.state" },
    does: () =>
      onStatus((status) => {
        if (status.state === ContainerState.CONTAINER_EXITED) status.state = ContainerState.CONTAINER_RUNNING;
      }),
  }),
  semantic("created-counts-as-running", {
    title: "Containers that were not started are listed as running",
    reach: { read: "Container.state" },
    does: () =>
      onReply("listContainers", ({ containers }) => {
        for (const container of containers) {
          if (container.state === ContainerState.CONTAINER_CREATED) container.state = ContainerState.CONTAINER_RUNNING;
        }
      }),
  }),
  semantic("exited-not-listed", {
    title: "ListContainers without a filter leaves out containers that have ended",
    does: () =>
      onReply("listContainers", (reply, { request }) => {
        if (request.filter?.state) return;
        reply.containers = reply.containers.filter(({ state }) => state !== ContainerState.CONTAINER_EXITED);
      }),
  }),
  semantic("container-state-filter-off-by-one", {
    title: "ListContainers takes a filter for one state as one for the next",
    reach: { sent: "ListContainers.filter.state" },
    does: () =>
      onRequest("listContainers", ({ filter }) => {
        if (filter?.state) filter.state.state = (filter.state.state + 1) % 3;
      }),
  }),
  semantic("container-selector-first-label-only", {
    title: "ListContainers looks at the first label of a selector only",
    reach: { sent: "ListContainers.filter.label_selector" },
    does: () =>
      onRequest("listContainers", ({ filter }) => {
        if (filter) filter.labelSelector = Object.fromEntries(Object.entries(filter.labelSelector).slice(0, 1));
      }),
  }),
  semantic("container-filter-empty-is-error", {
    title: "ListContainers answers NotFound where nothing matches the filter",
    does: () =>
      instead("listContainers", async (call, hit) => {
        const reply = (await call.forward()) as Awaited<ReturnType<CriRpc["listContainers"]>>;
        if (reply.containers.length > 0) return reply;
        hit();
        throw CallStatus.of("NotFound", "no such container");
      }),
  }),
  semantic("container-labels-shared", {
    title: "All containers have the labels of the first one",
    reach: { read: "ContainerStatus.labels" },
    does: () => {
      let first: Record<string, string> | undefined;
      return onStatus((status) => (status.labels = first ??= status.labels));
    },
  }),
  semantic("container-list-labels-lost", {
    title: "ListContainers leaves out labels with an empty value",
    reach: { read: "Container.labels" },
    does: () =>
      onReply("listContainers", ({ containers }) => {
        for (const container of containers) {
          container.labels = Object.fromEntries(Object.entries(container.labels).filter(([, value]) => value !== ""));
        }
      }),
  }),
  semantic("container-in-other-sandbox", {
    title: "ListContainers names the first container's sandbox for all of them",
    reach: { read: "Container.pod_sandbox_id" },
    does: () => {
      let first: string | undefined;
      return onReply("listContainers", ({ containers }) => {
        for (const container of containers) container.podSandboxId = first ??= container.podSandboxId;
      });
    },
  }),
  semantic("container-image-ref-alternates", {
    title: "ContainerStatus.image_ref is another one in every other call",
    reach: { read: "ContainerStatus.image_ref" },
    does: () => {
      let calls = 0;
      return onStatus((status) => {
        if (calls++ % 2 === 1) status.imageRef = `docker.io/library/alias@${status.imageRef.replace(/.*@/, "")}`;
      });
    },
  }),
  semantic("container-log-path-relative", {
    title: "ContainerStatus.log_path is relative to the pod's log directory",
    reach: { read: "ContainerStatus.log_path" },
    does: () => onStatus((status) => (status.logPath = status.logPath.replace(/.*\//, ""))),
  }),
  semantic("grace-period-ignored", {
    title: "StopContainer kills at once",
    does: () => onRequest("stopContainer", (request) => void (request.timeout = 0n)),
  }),
  semantic("grace-period-doubled", {
    title: "StopContainer kills after twice the grace period",
    does: () => onRequest("stopContainer", (request) => void (request.timeout *= 2n)),
  }),
  semantic("grace-period-always-used-up", {
    title: "StopContainer takes the whole grace period even if the process ends before",
    delayMs: 10_000,
    does: () =>
      instead("stopContainer", async (call, hit) => {
        const startedMs = performance.now();
        const reply = await call.forward();
        const leftMs = Number(call.request.timeout) * 1000 - (performance.now() - startedMs);
        if (leftMs > 0) {
          hit();
          await sleep(leftMs, undefined, { signal: call.signal }).catch(() => undefined);
        }
        return reply;
      }),
  }),
  semantic("stop-returns-early", {
    title: "StopContainer answers before the container has ended",
    does: () =>
      instead("stopContainer", (call, hit) => {
        hit();
        void call.rpc.stopContainer(call.request).catch(() => undefined);
        return Promise.resolve(create(StopContainerResponseSchema));
      }),
  }),
  semantic("stop-exited-fails", {
    title: "StopContainer of a container that has ended answers an error",
    does: () =>
      instead("stopContainer", async (call, hit) => {
        if ((await stateOf(call.rpc, call.request.containerId)) === ContainerState.CONTAINER_EXITED) {
          hit();
          throw CallStatus.of("FailedPrecondition", "container is not running");
        }
        return call.forward();
      }),
  }),
  semantic("stop-unknown-fails", {
    title: "StopContainer of a container that is gone answers an internal error",
    does: () =>
      instead("stopContainer", async (call, hit) => {
        if ((await stateOf(call.rpc, call.request.containerId)) === undefined) {
          hit();
          throw CallStatus.of("Internal", "no such container");
        }
        return call.forward();
      }),
  }),
  semantic("remove-unknown-fails", {
    title: "RemoveContainer of a container that is gone answers NotFound",
    does: () =>
      instead("removeContainer", async (call, hit) => {
        if ((await stateOf(call.rpc, call.request.containerId)) === undefined) {
          hit();
          throw CallStatus.of("NotFound", "no such container");
        }
        return call.forward();
      }),
  }),
  semantic("remove-running-refused", {
    title: "RemoveContainer refuses a running container",
    does: () =>
      instead("removeContainer", async (call, hit) => {
        if ((await stateOf(call.rpc, call.request.containerId)) === ContainerState.CONTAINER_RUNNING) {
          hit();
          throw CallStatus.of("FailedPrecondition", "container is running");
        }
        return call.forward();
      }),
  }),
  semantic("removed-still-there", {
    title: "RemoveContainer hides the container from lists and keeps it",
    rpcs: ["RemoveContainer"],
    does: () => {
      const hidden = new Set<string>();
      return [
        instead("removeContainer", (call, hit) => {
          hit();
          hidden.add(call.request.containerId);
          return Promise.resolve(create(RemoveContainerResponseSchema));
        }),
        onReply("listContainers", (reply) => {
          reply.containers = reply.containers.filter(({ id }) => !hidden.has(id));
        }),
      ];
    },
  }),
  semantic("create-starts", {
    title: "CreateContainer starts the container as well",
    rpcs: ["CreateContainer"],
    does: () => {
      const started = new Set<string>();
      return [
        instead("createContainer", async (call, hit) => {
          const reply = (await call.forward()) as Awaited<ReturnType<CriRpc["createContainer"]>>;
          await call.rpc.startContainer({ containerId: reply.containerId }).then(
            () => started.add(reply.containerId),
            () => undefined,
          );
          hit();
          return reply;
        }),
        instead("startContainer", (call) =>
          started.delete(call.request.containerId)
            ? Promise.resolve(create(StartContainerResponseSchema))
            : call.forward(),
        ),
      ];
    },
  }),
  semantic("start-running-succeeds", {
    title: "StartContainer of a container that runs or has ended answers success",
    reach: { refused: true },
    does: () =>
      instead("startContainer", async (call, hit) => {
        const state = await stateOf(call.rpc, call.request.containerId);
        if (state !== ContainerState.CONTAINER_RUNNING && state !== ContainerState.CONTAINER_EXITED)
          return call.forward();
        hit();
        return create(StartContainerResponseSchema);
      }),
  }),
  semantic("container-name-stays-reserved", {
    title: "The name of a removed container cannot be used again in its sandbox",
    does: () => {
      const used = new Set<string>();
      return instead("createContainer", async (call, hit) => {
        const { name, attempt } = call.request.config?.metadata ?? {};
        const key = JSON.stringify([call.request.podSandboxId, name, attempt]);
        if (used.has(key)) {
          hit();
          throw CallStatus.of("Unknown", `failed to reserve container name ${key}`);
        }
        const reply = await call.forward();
        used.add(key);
        return reply;
      });
    },
  }),
  semantic("container-attempt-does-not-count", {
    title: "CreateContainer refuses a name that an earlier attempt has",
    does: () =>
      onRequest("createContainer", ({ config }) => {
        if (config?.metadata) config.metadata.attempt = 0;
      }),
  }),
];
