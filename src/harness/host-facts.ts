import { readFile } from "node:fs/promises";
import os from "node:os";

/** What the machine under the runtime offers; meaningful only where the endpoint is on this machine. */
export interface HostFacts {
  kernel: string;
  arch: string;
  cpus: number;
  memoryBytes: number;
  swapBytes: number;
  /** `hybrid` is v1 controllers with a v2 hierarchy beside them. */
  cgroupVersion: "v1" | "v2" | "hybrid" | "none";
  apparmor: boolean;
  selinux: boolean;
  seccomp: boolean;
  userNamespaces: boolean;
  root: boolean;
  ipv6: boolean;
}

const read = (path: string): Promise<string> =>
  readFile(path, "utf8").then(
    (text) => text.trim(),
    () => "",
  );

/** Reads the facts from /proc and /sys; what cannot be read counts as absent. */
export async function readHostFacts(): Promise<HostFacts> {
  const [mounts, apparmor, selinux, status, userNamespaces, meminfo, ipv6] = await Promise.all([
    read("/proc/self/mounts"),
    read("/sys/module/apparmor/parameters/enabled"),
    read("/sys/fs/selinux/enforce"),
    read("/proc/self/status"),
    read("/proc/sys/user/max_user_namespaces"),
    read("/proc/meminfo"),
    read("/proc/net/if_inet6"),
  ]);
  const swapKiB = /^SwapTotal:\s+(\d+)/m.exec(meminfo)?.[1] ?? "0";
  return {
    kernel: os.release(),
    arch: os.arch(),
    cpus: os.availableParallelism(),
    memoryBytes: os.totalmem(),
    swapBytes: Number(swapKiB) * 1024,
    cgroupVersion: cgroupVersionOf(mounts),
    apparmor: apparmor === "Y",
    selinux: selinux !== "",
    seccomp: /^Seccomp:/m.test(status),
    userNamespaces: Number(userNamespaces) > 0,
    root: process.getuid?.() === 0,
    ipv6: ipv6 !== "",
  };
}

/** The cgroup layout, from the text of /proc/self/mounts. */
export function cgroupVersionOf(mounts: string): HostFacts["cgroupVersion"] {
  const controllers = /^\S+ \S+ cgroup \S*(cpu|memory|pids)/m.test(mounts);
  const unified = /^\S+ \S+ cgroup2 /m.test(mounts);
  if (controllers) return unified ? "hybrid" : "v1";
  return unified ? "v2" : "none";
}
