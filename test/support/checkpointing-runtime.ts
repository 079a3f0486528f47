import { chmod, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { create } from "@bufbuild/protobuf";
import { status } from "@grpc/grpc-js";
import {
  ContainerSchema,
  ContainerState,
  type Container,
  type ContainerConfig,
  type PodSandboxConfig,
} from "../../src/cri/gen/runtime/v1/api_pb.js";
import { tarArchive } from "../../src/images/tar.js";
import { Refusal, type Answers } from "./fake-runtime.js";

export interface CheckpointFaults {
  /** Checkpoints are made of whatever is named. */
  careless?: boolean;
  /** Deadlines do not matter. */
  patient?: boolean;
  /** Everybody may read the archive of a container. */
  indiscreet?: boolean;
  /** The archive of a container lacks the memory of its processes. */
  hollow?: boolean;
  /** Restored containers begin anew. */
  amnesic?: boolean;
  /** Checkpoints leave the containers frozen. */
  freezing?: boolean;
  /** RestorePod starts what it restores. */
  eager?: boolean;
  /** A failed RestorePod leaves its sandbox, and a failed CheckpointContainer a file. */
  littering?: boolean;
}

interface Counter {
  container: Container;
  config: ContainerConfig;
  count: number;
  frozen: boolean;
}

/** A runtime with pods and counting containers in memory that checkpoints and restores both, right or with faults. */
export function checkpointingRuntime(faults: CheckpointFaults = {}): Answers {
  const sandboxes = new Map<string, PodSandboxConfig>();
  const counters = new Map<string, Counter>();
  const checkpoints = new Map<string, Map<string, number>>();
  /** Where the counters of archives of single containers were, by the archive's path. */
  const archives = new Map<string, number>();
  let made = 0;

  const refuse = (what: string): never => {
    throw new Refusal(status.INVALID_ARGUMENT, what);
  };
  const counterOf = (id: string): Counter => counters.get(id) ?? refuse(`no container ${id}`);
  const addSandbox = (config: PodSandboxConfig): string => {
    const id = `sandbox-${made++}`;
    sandboxes.set(id, config);
    return id;
  };
  const addContainer = (podSandboxId: string, config: ContainerConfig, count: number): string => {
    const id = `container-${made++}`;
    const { metadata, labels } = config;
    const container = create(ContainerSchema, { id, podSandboxId, labels, ...(metadata && { metadata }) });
    counters.set(id, { container, config, count, frozen: false });
    return id;
  };
  const start = (id: string): void => {
    const { container, config } = counterOf(id);
    const ends = config.command[0] === "/bin/true";
    container.state = ends ? ContainerState.CONTAINER_EXITED : ContainerState.CONTAINER_RUNNING;
  };
  const remove = (podSandboxId: string): void => {
    sandboxes.delete(podSandboxId);
    for (const [id, { container }] of counters) if (container.podSandboxId === podSandboxId) counters.delete(id);
  };

  return {
    runPodSandbox: ({ config }) => ({ podSandboxId: addSandbox(config!) }),
    stopPodSandbox: () => ({}),
    removePodSandbox: ({ podSandboxId }) => {
      remove(podSandboxId);
      return {};
    },
    listPodSandbox: ({ filter }) => ({
      items: [...sandboxes]
        .filter(([, { labels }]) =>
          Object.entries(filter?.labelSelector ?? {}).every(([key, value]) => labels[key] === value),
        )
        .map(([id, { labels }]) => ({ id, labels }) as never),
    }),
    imageStatus: () => ({ image: { id: "sha256:0" } as never }),
    createContainer: ({ podSandboxId, config }) => {
      const count = faults.amnesic ? 0 : (archives.get(config?.image?.image ?? "") ?? 0);
      return { containerId: addContainer(podSandboxId, config!, count) };
    },
    startContainer: ({ containerId }) => {
      start(containerId);
      return {};
    },
    removeContainer: ({ containerId }) => {
      counters.delete(containerId);
      return {};
    },
    listContainers: ({ filter }) => ({
      containers: [...counters.values()]
        .map(({ container }) => container)
        .filter(({ podSandboxId }) => podSandboxId === filter?.podSandboxId),
    }),
    containerStatus: ({ containerId }) => {
      const { state, metadata } = counterOf(containerId).container;
      return { status: { id: containerId, state, metadata } as never };
    },
    execSync: ({ containerId, cmd }) => {
      const counter = counterOf(containerId);
      if (cmd[0] === "/bin/touch") counter.count += 1_000_000;
      else if (!counter.frozen) counter.count++;
      return { stdout: Buffer.from(`${counter.count}\n`), exitCode: 0 };
    },
    checkpointContainer: async ({ containerId, location }) => {
      const counter = counters.get(containerId);
      if (counter?.container.state !== ContainerState.CONTAINER_RUNNING && !faults.careless) {
        if (faults.littering) await writeFile(location, "");
        refuse("not a running container");
      }
      const names = ["config.dump", "spec.dump", ...(faults.hollow ? [] : ["checkpoint/pages-1.img"])];
      await writeFile(location, tarArchive(names.map((name) => ({ header: { name, size: 0 } }))));
      await chmod(location, faults.indiscreet ? 0o644 : 0o600);
      archives.set(location, counter?.count ?? 0);
      if (counter) counter.frozen = faults.freezing ?? false;
      return {};
    },
    checkpointPod: async ({ podSandboxId, containerIds, outputPath, options }, { hasDeadline }) => {
      if (!hasDeadline && !faults.patient) refuse("no deadline");
      const chosen = containerIds.map((id) => counters.get(id));
      if (!faults.careless) {
        if ((await readdir(outputPath).catch(() => refuse("no folder"))).length > 0) refuse("the folder is not empty");
        if (chosen.length === 0 || new Set(containerIds).size < chosen.length) refuse("no containers, or one twice");
        if (Object.keys(options).length > 0) refuse("unknown option");
        const fits = chosen.every(
          (counter) =>
            counter?.container.podSandboxId === podSandboxId &&
            counter.container.state === ContainerState.CONTAINER_RUNNING,
        );
        if (!fits) refuse("not a running container of the sandbox");
      }
      await mkdir(outputPath, { recursive: true });
      await writeFile(`${outputPath}/dump`, "");
      const counts = chosen.flatMap((counter): [string, number][] =>
        counter ? [[counter.config.metadata?.name ?? "", counter.count]] : [],
      );
      checkpoints.set(outputPath, new Map(counts));
      for (const counter of chosen) if (counter) counter.frozen = faults.freezing ?? false;
      return {};
    },
    restorePod: async ({ checkpointPath, config, containerConfigs, runtimeHandler, options }) => {
      const counts = checkpoints.get(checkpointPath);
      const names = containerConfigs.map(({ metadata }) => metadata?.name ?? "");
      const fits = counts?.size === new Set(names).size && names.every((name) => counts.has(name));
      if (!counts || !fits || runtimeHandler !== "" || Object.keys(options).length > 0) {
        if (faults.littering && config) addSandbox(config);
        return refuse("this cannot be restored");
      }
      if (faults.littering) await rm(`${checkpointPath}/dump`);
      const podSandboxId = addSandbox(config!);
      const restoredContainers = containerConfigs.map((container, index) => {
        const name = names[index]!;
        const containerId = addContainer(podSandboxId, container, faults.amnesic ? 0 : counts.get(name)!);
        if (faults.eager) start(containerId);
        return { name, containerId } as never;
      });
      return { podSandboxId, restoredContainers };
    },
  };
}
