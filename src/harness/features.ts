import type { RpcName } from "../cri/methods.js";
import type { CapabilityDeclaration, Lack } from "../report/model.js";
import { CdiFolder } from "./cdi-folder.js";
import type { Probe } from "./probe.js";
import { findInfo, parseInfo } from "./verbose-info.js";

/** A feature that is missing: why, and whose lack it is. */
export interface Missing {
  reason: string;
  lack: Lack;
}

interface Feature {
  /** One line for `critique list` and the docs. */
  explain: string;
  /** Whether it depends on the runtime, its handler and its configuration alone, so that a file may declare it. */
  declarable?: true;
  /** Decides from the probe; undefined means present. */
  missing: (probe: Probe, run: RunTraits) => Missing | undefined;
}

/** What the run's own options decide. */
export interface RunTraits {
  /** Images come from the suite's own registry, which can serve any content and any fault. */
  ownRegistry: boolean;
  /** The user allows specs that need the node for themselves. */
  exclusive: boolean;
  /** Socket of the Node Resource Interface, where there is one. */
  nriSocket?: string;
  /** What a file says that the runtime has and lacks. */
  declared?: CapabilityDeclaration;
}

const host = (reason: string): Missing => ({ reason, lack: "host" });

const othersThere = (count: number | undefined): string =>
  `the runtime has ${count ?? "perhaps"} pod sandboxes of others`;

/** A feature that is present exactly when none of the RPCs answered Unimplemented. */
function rpcs(explain: string, ...names: RpcName[]): Feature {
  return {
    explain,
    declarable: true,
    missing: ({ unimplemented }) => {
      const absent = names.filter((name) => unimplemented.has(name));
      return absent.length > 0 ? { reason: `${absent.join(", ")} answered Unimplemented`, lack: "runtime" } : undefined;
    },
  };
}

/**
 * The closed list of what a spec may need. A feature says whether the thing exists, never whether it works: a
 * runtime that offers it and does it wrong must fail.
 */
export const FEATURES = {
  "node-files": {
    explain: "the endpoint is a socket on this machine, so the suite can prepare and read files that pods use",
    missing: ({ local }) => (local ? undefined : host("the endpoint is not a socket on this machine")),
  },
  "node-root": {
    explain: "the suite runs as root on the runtime's machine",
    missing: ({ local, host: facts }) =>
      local && facts.root ? undefined : host("the suite does not run as root on the runtime's machine"),
  },
  "node-mounts": {
    explain: "the suite runs as root in the runtime's mount namespace, so the runtime sees the mounts that it makes",
    missing: ({ local, sharesMounts, host: facts }) =>
      local && facts.root && sharesMounts
        ? undefined
        : host("the suite does not run as root in the runtime's mount namespace"),
  },
  "no-other-pods": {
    explain:
      "--exclusive was given and the runtime had no pods when the run began, so nobody is harmed while a spec breaks a setting of the node",
    missing: ({ otherSandboxes }, { exclusive }) => {
      if (!exclusive) {
        return {
          reason: "the spec needs the node for itself; --exclusive runs it, where nobody else uses the runtime",
          lack: "options",
        };
      }
      return otherSandboxes === 0 ? undefined : host(othersThere(otherSandboxes));
    },
  },
  "own-registry": {
    explain: "images come from the suite's own registry (--images hermetic)",
    missing: (_probe, { ownRegistry }) =>
      ownRegistry
        ? undefined
        : { reason: "the run uses public images; the spec needs the suite's own registry", lack: "options" },
  },
  "cgroup-v1": {
    explain: "the node's controllers are in the cgroup v1 hierarchy",
    missing: ({ host: { cgroupVersion } }) =>
      cgroupVersion === "v1" || cgroupVersion === "hybrid" ? undefined : host(`the node uses cgroup ${cgroupVersion}`),
  },
  "cgroup-v2": {
    explain: "the node uses the unified cgroup v2 hierarchy",
    missing: ({ host: { cgroupVersion } }) =>
      cgroupVersion === "v2" ? undefined : host(`the node uses cgroup ${cgroupVersion}`),
  },
  swap: {
    explain: "the node has swap switched on",
    missing: ({ host: { swapBytes } }) => (swapBytes > 0 ? undefined : host("the node has no swap")),
  },
  "two-cpus": {
    explain: "the node has at least two processors",
    missing: ({ host: { cpus } }) => (cpus >= 2 ? undefined : host("the node has one processor")),
  },
  ipv6: {
    explain: "the node has IPv6",
    missing: ({ host: { ipv6 } }) => (ipv6 ? undefined : host("the node has no IPv6 address")),
  },
  "host-ports": {
    explain:
      "a plugin of the CNI configuration maps ports of the node, or the runtime does not say what plugins there are",
    declarable: true,
    missing: ({ status: { info } }) => {
      const networks = findInfo(parseInfo(info), "Networks");
      return networks === undefined || /"portMappings":true/.test(JSON.stringify(networks))
        ? undefined
        : { reason: "no CNI plugin has the capability portMappings", lack: "configuration" };
    },
  },
  seccomp: {
    explain: "the node's kernel filters system calls",
    missing: ({ host: { seccomp } }) => (seccomp ? undefined : host("the kernel has no seccomp")),
  },
  apparmor: {
    explain: "the node's kernel has AppArmor enabled",
    missing: ({ host: { apparmor } }) => (apparmor ? undefined : host("AppArmor is not enabled on the node")),
  },
  selinux: {
    explain: "the node's kernel has SELinux enabled",
    missing: ({ host: { selinux } }) => (selinux ? undefined : host("SELinux is not enabled on the node")),
  },
  "user-namespaces": {
    explain: "the runtime handler says it supports user namespaces (RuntimeHandlerFeatures.user_namespaces)",
    declarable: true,
    missing: ({ handler }) =>
      handler?.features?.userNamespaces
        ? undefined
        : { reason: "the handler does not advertise user_namespaces", lack: "handler" },
  },
  "recursive-read-only-mounts": {
    explain: "the runtime handler says it supports them (RuntimeHandlerFeatures.recursive_read_only_mounts)",
    declarable: true,
    missing: ({ handler }) =>
      handler?.features?.recursiveReadOnlyMounts
        ? undefined
        : { reason: "the handler does not advertise recursive_read_only_mounts", lack: "handler" },
  },
  "mount-options": {
    explain: "the runtime says that it honours Mount.mount_options (RuntimeFeatures.mount_options)",
    declarable: true,
    missing: ({ status }) =>
      status.features?.mountOptions
        ? undefined
        : { reason: "the runtime does not advertise mount_options", lack: "runtime" },
  },
  cdi: {
    explain: "verbose Status names the folders of Container Device Interface files",
    declarable: true,
    missing: ({ status }) =>
      CdiFolder.of(status.info)
        ? undefined
        : { reason: "Status names no folder of Container Device Interface files", lack: "runtime" },
  },
  "supplemental-groups-policy": {
    explain: "the runtime says it supports the policy (RuntimeFeatures.supplemental_groups_policy)",
    declarable: true,
    missing: ({ status }) =>
      status.features?.supplementalGroupsPolicy
        ? undefined
        : { reason: "the runtime does not advertise supplemental_groups_policy", lack: "runtime" },
  },
  "runtime-handlers": {
    explain: "Status lists runtime handlers (StatusResponse.runtime_handlers)",
    declarable: true,
    missing: ({ status }) =>
      status.runtimeHandlers.length > 0
        ? undefined
        : { reason: "StatusResponse.runtime_handlers is empty", lack: "runtime" },
  },
  nri: {
    explain:
      "the runtime offers the Node Resource Interface on a socket of this machine (--nri-socket), and had no pods when the run began, as a plugin may hold up theirs",
    missing: ({ local, otherSandboxes }, { nriSocket }) => {
      if (!local || nriSocket === undefined) {
        return { reason: "there is no socket of the Node Resource Interface; --nri-socket names it", lack: "runtime" };
      }
      return otherSandboxes === 0 ? undefined : host(othersThere(otherSandboxes));
    },
  },
  "event-stream": rpcs("the runtime streams container events", "GetContainerEvents"),
  "runtime-config": rpcs("the runtime answers RuntimeConfig", "RuntimeConfig"),
  "pod-sandbox-stats": rpcs("the runtime answers pod sandbox stats", "PodSandboxStats", "ListPodSandboxStats"),
  "pod-sandbox-metrics": rpcs("the runtime answers pod metrics", "ListMetricDescriptors", "ListPodSandboxMetrics"),
  "update-pod-sandbox-resources": rpcs("the runtime answers UpdatePodSandboxResources", "UpdatePodSandboxResources"),
  "checkpoint-container": rpcs("the runtime answers CheckpointContainer", "CheckpointContainer"),
  "checkpoint-pod": rpcs("the runtime answers CheckpointPod and RestorePod", "CheckpointPod", "RestorePod"),
  "list-streams": rpcs(
    "the runtime answers the streaming forms of the list calls",
    "StreamPodSandboxes",
    "StreamContainers",
    "StreamContainerStats",
    "StreamPodSandboxStats",
    "StreamImages",
  ),
} as const satisfies Record<string, Feature>;

export type FeatureName = keyof typeof FEATURES;

/** Names of the features that a file may declare. */
export const DECLARABLE_FEATURES: readonly string[] = Object.entries<Feature>(FEATURES).flatMap(
  ([name, { declarable }]) => (declarable ? [name] : []),
);

/** The first feature of the list that is missing, if any. */
export function firstMissing(
  needs: readonly FeatureName[],
  probe: Probe,
  run: RunTraits,
): (Missing & { feature: FeatureName }) | undefined {
  for (const feature of needs) {
    const missing = (FEATURES[feature] as Feature).missing(probe, run);
    if (missing) return { ...missing, feature };
  }
  return undefined;
}

/** All features, each true or with the reason why not. */
export function capabilities(probe: Probe, run: RunTraits): Record<string, true | string> {
  return Object.fromEntries(
    Object.entries<Feature>(FEATURES).map(([name, feature]) => [name, feature.missing(probe, run)?.reason ?? true]),
  );
}
