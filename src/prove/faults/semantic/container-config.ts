import { truncate } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  SecurityProfile_ProfileType,
  type ContainerConfig,
  type LinuxContainerResources,
  type LinuxContainerSecurityContext,
} from "../../../cri/gen/runtime/v1/api_pb.js";
import type { CriRpc } from "../../../cri/client.js";
import type { Fault } from "../fault.js";
import { instead, onReply, onRequest, semantic, type Effect } from "./semantic.js";

const LINE_END = 0x0a;
const BLANK = 0x20;

/** The runtime sees another configuration of the container. */
const onConfig = (edit: (config: ContainerConfig) => void): Effect =>
  onRequest("createContainer", ({ config }) => {
    if (config) edit(config);
  });

const onSecurity = (edit: (context: LinuxContainerSecurityContext) => void): Effect =>
  onConfig(({ linux }) => {
    if (linux?.securityContext) edit(linux.securityContext);
  });

const onResources = (edit: (resources: LinuxContainerResources) => void): Effect =>
  onConfig(({ linux }) => {
    if (linux?.resources) edit(linux.resources);
  });

/** What runtimes do wrong with what a container is configured to be. */
export const CONTAINER_CONFIG_FAULTS: readonly Fault[] = [
  semantic("env-first-only", {
    title: "A container gets the first of its environment variables only",
    reach: { sent: "CreateContainer.config.envs" },
    does: () => onConfig((config) => (config.envs = config.envs.slice(0, 1))),
  }),
  semantic("env-last-dropped", {
    title: "A container does not get the last of its environment variables",
    reach: { sent: "CreateContainer.config.envs" },
    does: () => onConfig((config) => (config.envs = config.envs.slice(0, -1))),
  }),
  semantic("env-first-of-duplicates", {
    title: "Of two environment variables with one name the first one counts",
    reach: { sent: "CreateContainer.config.envs" },
    does: () => onConfig((config) => config.envs.reverse()),
  }),
  semantic("env-newlines-lost", {
    title: "Line ends in the value of an environment variable become blanks",
    reach: { sent: "CreateContainer.config.envs" },
    does: () =>
      onConfig(({ envs }) => {
        for (const env of envs) env.value = env.value.map((byte) => (byte === LINE_END ? BLANK : byte));
      }),
  }),
  semantic("env-empty-values-dropped", {
    title: "Environment variables with an empty value are dropped",
    reach: { sent: "CreateContainer.config.envs" },
    does: () => onConfig((config) => (config.envs = config.envs.filter(({ value }) => value.length > 0))),
  }),
  semantic("args-split-at-blanks", {
    title: "Arguments are split at blanks",
    reach: { sent: "CreateContainer.config.args" },
    does: () => onConfig((config) => (config.args = config.args.flatMap((arg) => arg.split(" ")))),
  }),
  semantic("args-empty-dropped", {
    title: "Empty arguments are dropped",
    reach: { sent: "CreateContainer.config.args" },
    does: () => onConfig((config) => (config.args = config.args.filter((arg) => arg !== ""))),
  }),
  semantic("args-last-dropped", {
    title: "The last argument is dropped",
    reach: { sent: "CreateContainer.config.args" },
    does: () => onConfig((config) => (config.args = config.args.slice(0, -1))),
  }),
  semantic("working-directory-root", {
    title: "Containers start in the root directory where the image says otherwise",
    does: () => onConfig((config) => (config.workingDir ||= "/")),
  }),
  semantic("mounts-last-dropped", {
    title: "The last mount of a container is missing",
    reach: { sent: "CreateContainer.config.mounts" },
    does: () => onConfig((config) => (config.mounts = config.mounts.slice(0, -1))),
  }),
  semantic("mounts-all-writable", {
    title: "Read-only mounts can be written to",
    reach: { sent: "CreateContainer.config.mounts.readonly" },
    does: () =>
      onConfig(({ mounts }) => {
        for (const mount of mounts) mount.readonly = false;
      }),
  }),
  semantic("mounts-all-read-only", {
    title: "No mount can be written to",
    reach: { sent: "CreateContainer.config.mounts" },
    does: () =>
      onConfig(({ mounts }) => {
        for (const mount of mounts) mount.readonly = true;
      }),
  }),
  semantic("container-output-merged", {
    title: "A container's stderr is logged as stdout",
    area: "log",
    does: () =>
      onConfig((config) => {
        // A shell that is there anyway joins the two; other programs stay as they are.
        if (config.command[0] === "/bin/sh")
          config.command = ["/bin/sh", "-c", 'exec 2>&1; exec "$0" "$@"', ...config.command];
      }),
  }),
  semantic("container-tty-always", {
    title: "Every container gets a terminal",
    does: () => onConfig((config) => (config.tty = true)),
  }),
  semantic("log-path-with-suffix", {
    title: "The log is written beside the path that was asked for",
    area: "log",
    does: () => onConfig((config) => (config.logPath &&= `${config.logPath}.log`)),
  }),
  semantic("log-reopen-loses-lines", {
    title: "What a container wrote right after ReopenContainerLog is lost",
    rpcs: ["ReopenContainerLog"],
    does: () => {
      const logs = new Map<string, string>();
      return [
        instead("createContainer", async (call) => {
          const reply = (await call.forward()) as Awaited<ReturnType<CriRpc["createContainer"]>>;
          const { config, sandboxConfig } = call.request;
          if (config?.logPath) logs.set(reply.containerId, join(sandboxConfig?.logDirectory ?? "", config.logPath));
          return reply;
        }),
        instead("reopenContainerLog", async (call, hit) => {
          const reply = await call.forward();
          const log = logs.get(call.request.containerId);
          hit();
          // Long enough for a program that writes all the time to have written something.
          if (log) void sleep(300).then(() => truncate(log).catch(() => undefined));
          return reply;
        }),
      ];
    },
  }),
  semantic("uid-as-gid", {
    title: "A container's process gets its user id as group id",
    reach: { sent: "CreateContainer.config.linux.security_context.run_as_group" },
    does: () =>
      onSecurity((context) => {
        if (context.runAsUser && context.runAsGroup) context.runAsGroup.value = context.runAsUser.value;
      }),
  }),
  semantic("supplemental-groups-first-only", {
    title: "A container's process gets the first of its supplemental groups only",
    reach: { sent: "CreateContainer.config.linux.security_context.supplemental_groups" },
    does: () => onSecurity((context) => (context.supplementalGroups = context.supplementalGroups.slice(0, 1))),
  }),
  semantic("capabilities-drop-ignored", {
    title: "Capabilities to be dropped stay where some are to be added as well",
    reach: { sent: "CreateContainer.config.linux.security_context.capabilities.drop_capabilities" },
    does: () =>
      onSecurity(({ capabilities }) => {
        if (capabilities?.addCapabilities.length) capabilities.dropCapabilities = [];
      }),
  }),
  semantic("capabilities-first-added-only", {
    title: "Only the first of the capabilities to be added is added",
    reach: { sent: "CreateContainer.config.linux.security_context.capabilities.add_capabilities" },
    does: () =>
      onSecurity(({ capabilities }) => {
        if (capabilities) capabilities.addCapabilities = capabilities.addCapabilities.slice(0, 1);
      }),
  }),
  semantic("every-container-privileged", {
    title: "Every container is privileged",
    does: () => onSecurity((context) => (context.privileged = true)),
  }),
  semantic("seccomp-default-is-unconfined", {
    title: "The runtime's default seccomp profile is none",
    reach: { sent: "CreateContainer.config.linux.security_context.seccomp" },
    does: () =>
      onSecurity(({ seccomp }) => {
        if (seccomp?.profileType === SecurityProfile_ProfileType.RuntimeDefault) {
          seccomp.profileType = SecurityProfile_ProfileType.Unconfined;
        }
      }),
  }),
  semantic("masked-path-first-only", {
    title: "Only the first of the paths to be masked is masked",
    reach: { sent: "CreateContainer.config.linux.security_context.masked_paths" },
    does: () => onSecurity((context) => (context.maskedPaths = context.maskedPaths.slice(0, 1))),
  }),
  semantic("read-only-path-first-only", {
    title: "Only the first of the paths to be read-only is read-only",
    reach: { sent: "CreateContainer.config.linux.security_context.readonly_paths" },
    does: () => onSecurity((context) => (context.readonlyPaths = context.readonlyPaths.slice(0, 1))),
  }),
  semantic("no-new-privileges-always", {
    title: "No container can gain privileges",
    does: () => onSecurity((context) => (context.noNewPrivs = true)),
  }),
  semantic("cpu-quota-tenfold", {
    title: "The CPU quota is ten times what was asked for",
    reach: { sent: "CreateContainer.config.linux.resources.cpu_quota" },
    area: "resource",
    does: () => onResources((resources) => void (resources.cpuQuota *= 10n)),
  }),
  semantic("memory-limit-in-kibibytes", {
    title: "The memory limit is taken as kibibytes",
    reach: { sent: "CreateContainer.config.linux.resources.memory_limit_in_bytes" },
    area: "resource",
    does: () => onResources((resources) => void (resources.memoryLimitInBytes *= 1024n)),
  }),
  semantic("update-reported-not-applied", {
    title: "ContainerStatus shows updated resources that were not applied",
    rpcs: ["UpdateContainerResources"],
    does: () => {
      const asked = new Map<string, LinuxContainerResources>();
      return [
        instead("updateContainerResources", async (call, hit) => {
          const { containerId, linux } = call.request;
          if (linux) asked.set(containerId, linux);
          hit();
          // Nothing is changed, and an unknown container is still refused.
          delete call.request.linux;
          return call.forward();
        }),
        onReply("containerStatus", ({ status }) => {
          const resources = status?.resources;
          const shown = status && asked.get(status.id);
          if (resources && shown) resources.linux = shown;
        }),
      ];
    },
  }),
  semantic("update-shows-old-resources", {
    title: "ContainerStatus shows the resources from before UpdateContainerResources",
    rpcs: ["UpdateContainerResources"],
    does: () => {
      const first = new Map<string, LinuxContainerResources>();
      return [
        instead("updateContainerResources", async (call, hit) => {
          const { containerId } = call.request;
          const { status } = await call.rpc.containerStatus({ containerId }).catch(() => ({ status: undefined }));
          const before = status?.resources?.linux;
          if (before && !first.has(containerId)) first.set(containerId, before);
          hit();
          return call.forward();
        }),
        onReply("containerStatus", ({ status }) => {
          const before = status && first.get(status.id);
          if (status?.resources && before) status.resources.linux = before;
        }),
      ];
    },
  }),
];
