import { readFile, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { readHostFacts } from "../../harness/host-facts.js";
import { about, type Diagnosis } from "./diagnosis.js";

/** A run's logs, volumes and built images take some 100 MiB. */
const WANTED_BYTES = 1 << 30;
const NEEDED_BYTES = 100 << 20;

/** CAP_SYS_RESOURCE's bit in CapEff (capability.h). */
const SYS_RESOURCE_BIT = 24n;

/** Whether the suite may do what specs need on this host. */
export async function checkPrivileges(): Promise<Diagnosis[]> {
  const { fine, note, warning } = about("privileges");
  if (process.getuid?.() !== 0) {
    return [warning("not root: specs that prepare files, mounts or cgroups on the node do not apply", "run with sudo")];
  }
  const status = await readFile("/proc/self/status", "utf8");
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  if ((effective >> SYS_RESOURCE_BIT) & 1n) return [fine("root, with CAP_SYS_RESOURCE")];
  return [
    note(
      "root without CAP_SYS_RESOURCE: a runtime started here cannot lower oom_score_adj; the lab's containerd is configured for that",
      "for a runtime of your own, set restrict_oom_score_adj = true in containerd's configuration",
    ),
  ];
}

/** The control groups: versions the suite's own expectations depend on. */
export async function checkCgroups(): Promise<Diagnosis[]> {
  const { fine, note, fatal } = about("cgroups");
  const { cgroupVersion } = await readHostFacts();
  switch (cgroupVersion) {
    case "v2":
    case "v1":
      return [fine(`version ${cgroupVersion.slice(1)}`)];
    case "hybrid":
      return [
        note(
          "hybrid: v1 controllers with a v2 hierarchy beside them, which crun refuses",
          "use --lab, which gives the runtime v1 alone, or boot with systemd.unified_cgroup_hierarchy=1",
        ),
      ];
    case "none":
      return [fatal("no cgroup hierarchy is mounted", "mount cgroup2 on /sys/fs/cgroup")];
  }
}

/** Parts of the kernel that specs are about; those about an absent one do not apply. */
export async function checkKernel(): Promise<Diagnosis[]> {
  const { fine, note } = about("kernel");
  const { kernel, arch, seccomp, userNamespaces, apparmor, selinux } = await readHostFacts();
  const parts = { seccomp, "user namespaces": userNamespaces, AppArmor: apparmor, SELinux: selinux };
  const absent = Object.entries(parts).flatMap(([name, isThere]) => (isThere ? [] : [name]));
  const what = `${kernel} on ${arch}`;
  if (absent.length === 0) return [fine(`${what}, with ${Object.keys(parts).join(", ")}`)];
  return [note(`${what}, without ${absent.join(", ")}: specs about that do not apply`)];
}

/** Room for what a run writes: temporary files, and reports below the working folder. */
export async function checkDisk(): Promise<Diagnosis[]> {
  const { fine, warning, fatal } = about("disk");
  return Promise.all(
    [tmpdir(), process.cwd()].map(async (folder) => {
      const { bavail, bsize } = await statfs(folder);
      const freeBytes = bavail * bsize;
      const text = `${(freeBytes / (1 << 30)).toFixed(1)} GiB free in ${folder}`;
      if (freeBytes < NEEDED_BYTES)
        return fatal(text, "free 100 MiB at least, or set TMPDIR and --report-dir elsewhere");
      return freeBytes < WANTED_BYTES ? warning(text, "free 1 GiB") : fine(text);
    }),
  );
}
