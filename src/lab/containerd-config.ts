import type { HandlerSetup } from "./handlers.js";
import type { LabFolders } from "./lab-folders.js";
import type { ContainerdVersion } from "./programs.js";
import { formatToml, type TomlTable } from "./toml.js";

export interface ContainerdSettings {
  readonly version: ContainerdVersion;
  readonly folders: LabFolders;
  readonly handlers: readonly HandlerSetup[];
  readonly defaultHandler: string;
  readonly cniFolder: string;
  readonly pauseImage: string;
  readonly snapshotter: string;
  /** Without CAP_SYS_RESOURCE a negative oom_score_adj is refused, and with it every pod sandbox. */
  readonly restrictOomScoreAdj: boolean;
}

/** Whether this containerd has Container Device Interface support to switch on. */
export function supportsCdi(version: ContainerdVersion): boolean {
  return isAtLeast(version, 1, 7);
}

/** Whether this containerd has a Node Resource Interface that plugins can connect to. */
export function supportsNri(version: ContainerdVersion): boolean {
  return isAtLeast(version, 1, 7);
}

/** The folder in which containerd mounts the network namespaces of pods. */
export function netnsFolder({ version, folders }: Pick<ContainerdSettings, "version" | "folders">): string {
  const plugin = version.major > 1 ? "io.containerd.cri.v1.runtime" : "io.containerd.grpc.v1.cri";
  return `${folders.state}/${plugin}/netns`;
}

/**
 * The configuration file of a lab's containerd: version 3 for 2.x, version 2 for 1.x. It sets what keeps the lab to itself
 * and what this host needs, and leaves every behaviour that a conformance run judges at containerd's default.
 */
export function containerdConfig(settings: ContainerdSettings): string {
  const { version, folders } = settings;
  return formatToml({
    version: version.major > 1 ? 3 : 2,
    root: folders.data,
    state: folders.state,
    grpc: { address: folders.socket },
    // When a shim does not tell its state in time, the default of 2 s, containerd takes the sandbox's process for number 0, and a
    // container then fails to join /proc/0/ns/ipc: seen with 1.6 at load 25 on a slow machine.
    timeouts: { "io.containerd.timeout.task.state": "30s" },
    plugins: {
      ...(version.major > 1 ? criPluginsV3(settings) : { "io.containerd.grpc.v1.cri": criPluginV2(settings) }),
      "io.containerd.internal.v1.opt": { path: `${folders.root}/opt` },
      "io.containerd.nri.v1.nri": supportsNri(version)
        ? {
            disable: false,
            // A spec holds hooks while it looks around; on a loaded machine the default of 2 s may be over before that.
            plugin_request_timeout: "10s",
            socket_path: folders.nriSocket,
            plugin_path: `${folders.nri}/plugins`,
            plugin_config_path: `${folders.nri}/conf.d`,
          }
        : undefined,
    },
  });
}

function criPluginV2(settings: ContainerdSettings): TomlTable {
  return {
    sandbox_image: settings.pauseImage,
    ...runtimeSettings(settings),
    containerd: { ...runtimesSection(settings), snapshotter: settings.snapshotter },
    cni: cniSection(settings),
    registry: { config_path: settings.folders.registryHosts },
  };
}

function criPluginsV3(settings: ContainerdSettings): TomlTable {
  return {
    "io.containerd.cri.v1.images": {
      snapshotter: settings.snapshotter,
      pinned_images: { sandbox: settings.pauseImage },
      registry: { config_path: settings.folders.registryHosts },
    },
    "io.containerd.cri.v1.runtime": {
      ...runtimeSettings(settings),
      containerd: runtimesSection(settings),
      cni: cniSection(settings),
    },
    "io.containerd.image-verifier.v1.bindir": { bin_dir: `${settings.folders.root}/image-verifier` },
  };
}

function runtimeSettings({ version, folders, restrictOomScoreAdj }: ContainerdSettings): TomlTable {
  return {
    restrict_oom_score_adj: restrictOomScoreAdj,
    netns_mounts_under_state_dir: true,
    ...(supportsCdi(version) ? { enable_cdi: true, cdi_spec_dirs: [folders.cdi] } : {}),
  };
}

function runtimesSection({ handlers, defaultHandler }: ContainerdSettings): TomlTable {
  const runtimes = handlers.map((handler): [string, TomlTable] => [
    handler.name,
    {
      runtime_type: handler.runtimeType,
      ...(handler.privilegedWithoutHostDevices ? { privileged_without_host_devices: true } : {}),
      options: handler.options,
    },
  ]);
  return { default_runtime_name: defaultHandler, runtimes: Object.fromEntries(runtimes) };
}

function cniSection({ version, cniFolder, folders }: ContainerdSettings): TomlTable {
  // 2.1 deprecates bin_dir in favour of bin_dirs and says so in the runtime's Status.
  const binaries = isAtLeast(version, 2, 1) ? { bin_dirs: [cniFolder] } : { bin_dir: cniFolder };
  return { ...binaries, conf_dir: folders.cniConfig };
}

function isAtLeast(version: ContainerdVersion, major: number, minor: number): boolean {
  return version.major > major || (version.major === major && version.minor >= minor);
}
