import { readFile } from "node:fs/promises";
import type { Container } from "../../src/harness/index.js";
import { parseStatus, processStatus } from "./process.js";

/** Names of the capabilities by number, without CAP_; linux/capability.h. */
const NAMES = (
  "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE " +
  "NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN " +
  "SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE " +
  "MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE"
).split(" ");

/** The capability sets of a process, each as names in the order of their numbers. */
export interface CapabilitySets {
  effective: string[];
  permitted: string[];
  bounding: string[];
  inheritable: string[];
  ambient: string[];
}

/** The capability sets of a container's first process, or of one that ExecSync starts. */
export async function capabilitySets(container: Container, process?: "first" | "exec"): Promise<CapabilitySets> {
  return setsOf(await processStatus(container, process));
}

/** The capability sets that a /proc/PID/status names. */
function capabilitySetsOf(text: string): CapabilitySets {
  return setsOf(parseStatus(text));
}

/** The capability sets that the fields of a /proc/PID/status name. */
export const setsOf = (status: Readonly<Record<string, string>>): CapabilitySets => ({
  effective: names(status["CapEff"]),
  permitted: names(status["CapPrm"]),
  bounding: names(status["CapBnd"]),
  inheritable: names(status["CapInh"]),
  ambient: names(status["CapAmb"]),
});

/** A kernel that does not show a set does not have it. */
function names(hex: string | undefined): string[] {
  const bits = BigInt(`0x${hex ?? "0"}`);
  return Array.from({ length: 64 }, (_, bit) => bit)
    .filter((bit) => (bits >> BigInt(bit)) & 1n)
    .map((bit) => NAMES[bit] ?? String(bit));
}

/** The capabilities that the suite itself has, as far as the container's kernel, which may be another one, knows them. */
export async function ownCapabilities(container: Container): Promise<string[]> {
  const { effective } = capabilitySetsOf(await readFile("/proc/self/status", "utf8"));
  const last = Number(await container.output(["cat", "/proc/sys/kernel/cap_last_cap"]));
  return effective.filter((name) => NAMES.indexOf(name) <= last);
}
