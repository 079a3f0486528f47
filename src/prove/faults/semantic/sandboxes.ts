import { create } from "@bufbuild/protobuf";
import {
  ContainerSchema,
  PodSandboxSchema,
  PodSandboxState,
  RemovePodSandboxResponseSchema,
  StopPodSandboxResponseSchema,
  type Container,
  type PodSandbox,
} from "../../../cri/gen/runtime/v1/api_pb.js";
import type { CriRpc } from "../../../cri/client.js";
import { CallStatus } from "../../proxy/call-status.js";
import type { Fault } from "../fault.js";
import { instead, onReply, onRequest, semantic } from "./semantic.js";

const isThere = async (rpc: CriRpc, podSandboxId: string): Promise<boolean> =>
  (await rpc.listPodSandbox({ filter: { id: podSandboxId } })).items.length > 0;

/** What runtimes do wrong with pod sandboxes. */
export const SANDBOX_FAULTS: readonly Fault[] = [
  semantic("sandbox-labels-shared", {
    title: "All pod sandboxes have the labels of the first one",
    reach: { read: "PodSandboxStatus.labels" },
    does: () => {
      let first: Record<string, string> | undefined;
      return onReply("podSandboxStatus", ({ status }) => {
        if (status) status.labels = first ??= status.labels;
      });
    },
  }),
  semantic("sandbox-stays-ready", {
    title: "PodSandboxStatus says that a stopped sandbox is ready",
    reach: { read: "PodSandboxStatus.state" },
    does: () =>
      onReply("podSandboxStatus", ({ status }) => {
        if (status) status.state = PodSandboxState.SANDBOX_READY;
      }),
  }),
  semantic("sandbox-list-stays-ready", {
    title: "ListPodSandbox says that stopped sandboxes are ready",
    reach: { read: "PodSandbox.state" },
    does: () =>
      onReply("listPodSandbox", ({ items }) => {
        for (const item of items) item.state = PodSandboxState.SANDBOX_READY;
      }),
  }),
  semantic("sandbox-selector-first-label-only", {
    title: "ListPodSandbox looks at the first label of a selector only",
    reach: { sent: "ListPodSandbox.filter.label_selector" },
    does: () =>
      onRequest("listPodSandbox", ({ filter }) => {
        if (filter) filter.labelSelector = Object.fromEntries(Object.entries(filter.labelSelector).slice(0, 1));
      }),
  }),
  semantic("sandbox-selector-keys-only", {
    title: "ListPodSandbox compares the keys of a selector and not their values",
    reach: { sent: "ListPodSandbox.filter.label_selector" },
    does: () =>
      instead("listPodSandbox", async (call, hit) => {
        const { filter } = call.request;
        const keys = Object.keys(filter?.labelSelector ?? {});
        if (filter) filter.labelSelector = {};
        const reply = (await call.forward()) as Awaited<ReturnType<CriRpc["listPodSandbox"]>>;
        if (keys.length > 0) hit();
        reply.items = reply.items.filter(({ labels }) => keys.every((key) => key in labels));
        return reply;
      }),
  }),
  semantic("sandbox-filters-by-any", {
    title: "ListPodSandbox gives what matches any part of a filter instead of all of them",
    does: () =>
      instead("listPodSandbox", async (call, hit) => {
        const { filter } = call.request;
        const { id = "", state, labelSelector = {} } = filter ?? {};
        const parts = [
          ...(id === "" ? [] : [{ id }]),
          ...(state ? [{ state }] : []),
          ...(Object.keys(labelSelector).length === 0 ? [] : [{ labelSelector }]),
        ];
        if (parts.length < 2) return call.forward();
        hit();
        const replies = await Promise.all(parts.map((part) => call.rpc.listPodSandbox({ filter: part })));
        const byId = new Map(replies.flatMap(({ items }) => items.map((item) => [item.id, item] as const)));
        return { ...replies[0]!, items: [...byId.values()] };
      }),
  }),
  semantic("sandbox-ip-stale", {
    title: "All pod sandboxes have the address of the first one",
    reach: { read: "PodSandboxStatus.network" },
    does: () => {
      let first: string | undefined;
      return onReply("podSandboxStatus", ({ status }) => {
        if (status?.network?.ip) status.network.ip = first ??= status.network.ip;
      });
    },
  }),
  semantic("sandbox-ip-after-stop", {
    title: "A sandbox has no address any more while it is ready",
    does: () =>
      onReply("podSandboxStatus", ({ status }) => {
        if (status?.state === PodSandboxState.SANDBOX_READY) delete status.network;
      }),
  }),
  semantic("sandbox-created-in-seconds", {
    title: "PodSandboxStatus.created_at is in seconds",
    reach: { read: "PodSandboxStatus.created_at" },
    does: () =>
      onReply("podSandboxStatus", ({ status }) => {
        if (status) status.createdAt /= 1_000_000_000n;
      }),
  }),
  semantic("sandbox-created-now", {
    title: "PodSandboxStatus.created_at is the time of the call",
    reach: { read: "PodSandboxStatus.created_at" },
    does: () =>
      onReply("podSandboxStatus", ({ status }) => {
        if (status) status.createdAt = BigInt(Date.now()) * 1_000_000n;
      }),
  }),
  semantic("sandbox-list-created-in-milliseconds", {
    title: "ListPodSandbox gives created_at in milliseconds",
    reach: { read: "PodSandbox.created_at" },
    does: () =>
      onReply("listPodSandbox", ({ items }) => {
        for (const item of items) item.createdAt /= 1_000_000n;
      }),
  }),
  semantic("sandbox-attempt-lost", {
    title: "ListPodSandbox gives every sandbox the attempt 0",
    reach: { read: "PodSandbox.metadata" },
    does: () =>
      onReply("listPodSandbox", ({ items }) => {
        for (const { metadata } of items) if (metadata) metadata.attempt = 0;
      }),
  }),
  semantic("sandbox-uid-is-id", {
    title: "PodSandboxStatus gives the sandbox's id as the pod's uid",
    reach: { read: "PodSandboxStatus.metadata" },
    does: () =>
      onReply("podSandboxStatus", ({ status }) => {
        if (status?.metadata) status.metadata.uid = status.id;
      }),
  }),
  semantic("sandbox-annotations-added", {
    title: "PodSandboxStatus shows annotations of the runtime's own",
    reach: { read: "PodSandboxStatus.annotations" },
    does: () =>
      onReply("podSandboxStatus", ({ status }) => {
        if (status) status.annotations["internal.example.com/sandbox"] = "1";
      }),
  }),
  semantic("sandbox-removed-containers-left", {
    title: "RemovePodSandbox leaves the containers of the sandbox in the list",
    rpcs: ["RemovePodSandbox"],
    does: () => {
      const left: Container[] = [];
      return [
        instead("removePodSandbox", async (call, hit) => {
          const { podSandboxId } = call.request;
          const { containers } = await call.rpc.listContainers({ filter: { podSandboxId } });
          if (containers.length > 0) hit();
          left.push(...containers.map((container) => create(ContainerSchema, container)));
          return call.forward();
        }),
        onReply("listContainers", (reply, { request: { filter } }) => {
          const matches = ({ id, podSandboxId }: Container): boolean =>
            (!filter?.id || filter.id === id) && (!filter?.podSandboxId || filter.podSandboxId === podSandboxId);
          reply.containers.push(...left.filter(matches));
        }),
      ];
    },
  }),
  semantic("sandbox-stopped-in-name-only", {
    title: "StopPodSandbox marks the sandbox as stopped and leaves its containers running",
    rpcs: ["StopPodSandbox"],
    does: () => {
      const stopped = new Set<string>();
      return [
        instead("stopPodSandbox", (call, hit) => {
          hit();
          stopped.add(call.request.podSandboxId);
          return Promise.resolve(create(StopPodSandboxResponseSchema));
        }),
        onReply("podSandboxStatus", ({ status }) => {
          if (status && stopped.has(status.id)) status.state = PodSandboxState.SANDBOX_NOTREADY;
        }),
        onReply("listPodSandbox", ({ items }) => {
          for (const item of items) if (stopped.has(item.id)) item.state = PodSandboxState.SANDBOX_NOTREADY;
        }),
      ];
    },
  }),
  semantic("sandbox-stop-twice-fails", {
    title: "StopPodSandbox of a stopped sandbox answers an error",
    does: () => {
      const stopped = new Set<string>();
      return instead("stopPodSandbox", async (call, hit) => {
        const { podSandboxId } = call.request;
        if (stopped.has(podSandboxId)) {
          hit();
          throw CallStatus.of("FailedPrecondition", "sandbox is not running");
        }
        const reply = await call.forward();
        stopped.add(podSandboxId);
        return reply;
      });
    },
  }),
  semantic("sandbox-remove-unknown-fails", {
    title: "RemovePodSandbox of a sandbox that is gone answers NotFound",
    does: () =>
      instead("removePodSandbox", async (call, hit) => {
        if (!(await isThere(call.rpc, call.request.podSandboxId))) {
          hit();
          throw CallStatus.of("NotFound", "no such sandbox");
        }
        return call.forward();
      }),
  }),
  semantic("sandbox-stop-unknown-fails", {
    title: "StopPodSandbox of a sandbox that is gone answers an internal error",
    does: () =>
      instead("stopPodSandbox", async (call, hit) => {
        if (!(await isThere(call.rpc, call.request.podSandboxId))) {
          hit();
          throw CallStatus.of("Internal", "no such sandbox");
        }
        return call.forward();
      }),
  }),
  semantic("sandbox-remove-ready-refused", {
    title: "RemovePodSandbox refuses a sandbox that is still ready",
    does: () =>
      instead("removePodSandbox", async (call, hit) => {
        const { items } = await call.rpc.listPodSandbox({ filter: { id: call.request.podSandboxId } });
        if (items[0]?.state === PodSandboxState.SANDBOX_READY) {
          hit();
          throw CallStatus.of("FailedPrecondition", "sandbox is running");
        }
        return call.forward();
      }),
  }),
  semantic("sandbox-remove-too-early", {
    title: "RemovePodSandbox answers success before the sandbox is gone",
    does: () =>
      instead("removePodSandbox", (call, hit) => {
        hit();
        setTimeout(() => void call.rpc.removePodSandbox(call.request).catch(() => undefined), 3_000);
        return Promise.resolve(create(RemovePodSandboxResponseSchema));
      }),
  }),
  semantic("sandbox-name-stays-reserved", {
    title: "The name of a removed sandbox cannot be used again",
    does: () => {
      const used = new Set<string>();
      return instead("runPodSandbox", async (call, hit) => {
        const { name, namespace, uid, attempt } = call.request.config?.metadata ?? {};
        const key = JSON.stringify([name, namespace, uid, attempt]);
        if (used.has(key)) {
          hit();
          throw CallStatus.of("Unknown", `failed to reserve sandbox name ${key}`);
        }
        const reply = await call.forward();
        used.add(key);
        return reply;
      });
    },
  }),
  semantic("sandbox-failed-run-leaves-one", {
    title: "A RunPodSandbox that failed leaves a sandbox in the list",
    rpcs: ["RunPodSandbox"],
    reach: { refused: true },
    does: () => {
      const left: PodSandbox[] = [];
      return [
        instead("runPodSandbox", async (call, hit) => {
          try {
            return await call.forward();
          } catch (error) {
            hit();
            const { metadata, labels = {}, annotations = {} } = call.request.config ?? {};
            const state = PodSandboxState.SANDBOX_NOTREADY;
            const createdAt = BigInt(Date.now()) * 1_000_000n;
            const id = `${left.length}`.padStart(64, "f");
            left.push(
              create(PodSandboxSchema, { id, state, createdAt, labels, annotations, ...(metadata && { metadata }) }),
            );
            throw error;
          }
        }),
        onReply("listPodSandbox", (reply) => void reply.items.push(...left)),
      ];
    },
  }),
  semantic("sandbox-run-twice-gives-second", {
    title: "RunPodSandbox with the name of a running sandbox makes another one",
    does: () =>
      instead("runPodSandbox", async (call, hit) => {
        try {
          return await call.forward();
        } catch (error) {
          const { config } = call.request;
          if (!(error instanceof CallStatus) || !config?.metadata || !/reserve|exist/i.test(error.message)) throw error;
          hit();
          config.metadata.attempt += 100;
          return call.forward(call.request);
        }
      }),
  }),
  semantic("dns-first-server-only", {
    title: "A pod's resolv.conf has the first of its DNS servers only",
    reach: { sent: "RunPodSandbox.config.dns_config" },
    does: () =>
      onRequest("runPodSandbox", ({ config }) => {
        if (config?.dnsConfig) config.dnsConfig.servers = config.dnsConfig.servers.slice(0, 1);
      }),
  }),
  semantic("dns-searches-lost", {
    title: "A pod's resolv.conf has the last of its DNS search domains only",
    reach: { sent: "RunPodSandbox.config.dns_config" },
    does: () =>
      onRequest("runPodSandbox", ({ config }) => {
        if (config?.dnsConfig) config.dnsConfig.searches = config.dnsConfig.searches.slice(-1);
      }),
  }),
  semantic("sysctl-first-only", {
    title: "Only the first sysctl of a pod is set",
    reach: { sent: "RunPodSandbox.config.linux.sysctls" },
    does: () =>
      onRequest("runPodSandbox", ({ config }) => {
        if (config?.linux) config.linux.sysctls = Object.fromEntries(Object.entries(config.linux.sysctls).slice(0, 1));
      }),
  }),
  semantic("port-mapping-first-only", {
    title: "Only the first port mapping of a pod takes effect",
    reach: { sent: "RunPodSandbox.config.port_mappings" },
    does: () =>
      onRequest("runPodSandbox", ({ config }) => {
        if (config) config.portMappings = config.portMappings.slice(0, 1);
      }),
  }),
];
