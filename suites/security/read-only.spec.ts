import {
  answerOf,
  behaviour,
  expect,
  mountsOf,
  RpcError,
  sh,
  type Container,
  type MountEntry,
} from "../../src/harness/index.js";
import { secured } from "./process.js";

/** What the kubelet sends for a container with the default procMount. */
const KUBELET_MASKED = [
  "/proc/asound",
  "/proc/acpi",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/sys/firmware",
];
const KUBELET_READ_ONLY = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

behaviour(
  "SEC-010",
  {
    title: "readonly_rootfs decides whether the root filesystem can be written",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer", "ExecSync"],
    clause: "LinuxContainerSecurityContext.readonly_rootfs: mounts the root file system read-only, and it alone",
    needs: ["node-files"],
    critest: [
      "[k8s.io] Security Context bucket runtime should support that ReadOnlyRootfs is false",
      "[k8s.io] Security Context bucket runtime should support that ReadOnlyRootfs is true",
    ],
  },
  async ({ runtime, tempFolder }) => {
    const sandbox = await runtime.borrowSandbox();
    const mounts = [{ containerPath: "/volume", hostPath: await tempFolder("volume") }];

    const writable = await sandbox.startContainer(secured({ readonlyRootfs: false }));
    const readOnly = await sandbox.startContainer({ mounts, ...secured({ readonlyRootfs: true }) });

    expect(await write(writable, "/file"), "writing a file in / with readonly_rootfs false").to.equal("written");
    expect(await write(readOnly, "/file"), "writing a file in / with readonly_rootfs true").to.match(READ_ONLY);
    expect(await write(readOnly, "/dev/shm/file"), "writing a file in /dev/shm").to.equal("written");
    expect(await write(readOnly, "/volume/file"), "writing a file in a mounted folder").to.equal("written");
    expect(await write(readOnly, "/proc/self/oom_score_adj"), "writing to /proc/self").to.equal("written");
  },
);

behaviour(
  "SEC-020",
  {
    title: "masked_paths hide files and directories",
    level: "required",
    rpcs: ["CreateContainer", "ExecSync"],
    clause: "LinuxContainerSecurityContext.masked_paths: paths to hide from the container, if they exist",
    critest: "[k8s.io] Security Context bucket runtime should support MaskedPaths",
  },
  async ({ runtime }) => {
    const container = await runtime.startContainer(
      secured({ maskedPaths: ["/bin/ls", "/etc/group", "/var", "/no/such/path"] }),
    );

    const ls = await answerOf(container.execSync(["/bin/ls", "/"]));
    // The runtime may report a program that cannot be started as an error or as an exit code.
    const outcome = ls instanceof RpcError ? "refused" : `exit code ${ls.exitCode}, ${ls.stdout.length} characters`;
    expect(outcome, "running a masked program").to.match(/^(refused|exit code (?!0,))/);
    expect(await container.output(["cat", "/etc/group"]), "content of a masked file").to.equal("");
    expect(await container.output(sh("find /var ! -path /var")), "content of a masked folder").to.equal("");
    expect(await write(container, "/var/file"), "writing a file in a masked folder").to.not.equal("written");
    expect(await container.output(["cat", "/etc/passwd"]), "content of a file beside it").to.not.equal("");
  },
);

behaviour(
  "SEC-021",
  {
    title: "readonly_paths become read-only",
    level: "required",
    rpcs: ["CreateContainer", "ExecSync"],
    clause: "LinuxContainerSecurityContext.readonly_paths: paths to make read-only, if they exist",
    critest: "[k8s.io] Security Context bucket runtime should support ReadonlyPaths",
  },
  async ({ runtime }) => {
    const container = await runtime.startContainer(secured({ readonlyPaths: ["/tmp", "/no/such/path"] }));

    expect(await write(container, "/tmp/file"), "writing a file in a read-only path").to.match(READ_ONLY);
    expect(await write(container, "/file"), "writing a file elsewhere").to.equal("written");
  },
);

behaviour(
  "SEC-022",
  {
    title: "Empty path lists mask nothing and the kubelet's default lists are fully applied",
    level: "required",
    rpcs: ["CreateContainer", "ExecSync"],
    clause: "LinuxContainerSecurityContext.masked_paths, readonly_paths: the request's lists, not the runtime's own",
  },
  async ({ runtime }) => {
    const sandbox = await runtime.borrowSandbox();

    const unmasked = await sandbox.startContainer(secured({ maskedPaths: [], readonlyPaths: [] }));
    const usual = await sandbox.startContainer(
      secured({ maskedPaths: KUBELET_MASKED, readonlyPaths: KUBELET_READ_ONLY }),
    );

    const open = await mountsOf(unmasked);
    const covered = open.filter(({ path }) => path === "/proc/kcore" || path === "/proc/sys");
    expect(
      covered.map(({ path }) => path),
      "mounts over /proc/kcore and /proc/sys with empty lists",
    ).to.deep.equal([]);
    const mounts = await mountsOf(usual);
    const masked = await existing(unmasked, KUBELET_MASKED);
    const readOnly = await existing(unmasked, KUBELET_READ_ONLY);
    expect(
      without(mounts, masked, () => true),
      "paths that are not masked",
    ).to.deep.equal([]);
    expect(
      without(mounts, readOnly, (mount) => mount.readOnly),
      "paths that are not read-only",
    ).to.deep.equal([]);
  },
);

/** How the kernel refuses to write to a read-only file system (EROFS). */
const READ_ONLY = /Read-only file system/;

/** Creates or opens a file for writing; `written`, or what the shell said. */
async function write(container: Container, path: string): Promise<string> {
  const { exitCode, stderr } = await container.execSync(sh(`echo 0 > ${path}`));
  return exitCode === 0 ? "written" : stderr.trim();
}

async function existing(container: Container, paths: readonly string[]): Promise<string[]> {
  const script = `for path in ${paths.join(" ")}; do [ ! -e $path ] || echo $path; done`;
  return (await container.output(sh(script))).split("\n").filter(Boolean);
}

/** The paths that have no mount of their own which satisfies the condition. */
function without(
  mounts: readonly MountEntry[],
  paths: readonly string[],
  satisfies: (mount: MountEntry) => boolean,
): string[] {
  return paths.filter((path) => !mounts.some((mount) => mount.path === path && satisfies(mount)));
}
