import { lstat, readdir } from "node:fs/promises";
import { behaviour, expect, expectError, mountsOf, sh, type Container } from "../../src/harness/index.js";
import { ownCapabilities, setsOf } from "./capability-sets.js";
import { administerNetwork, CHANGED_MTU } from "./network-administration.js";
import { processStatus, secured } from "./process.js";

const PRIVILEGED = { linux: { securityContext: { privileged: true } } };

behaviour(
  "SEC-011",
  {
    title: "privileged decides whether network administration is allowed",
    level: "required",
    rpcs: ["RunPodSandbox", "CreateContainer", "ExecSync"],
    clause:
      "LinuxContainerSecurityContext.privileged: all capabilities, and none of those beyond the default without it",
    critest: [
      "[k8s.io] Security Context bucket runtime should support Privileged is true",
      "[k8s.io] Security Context bucket runtime should support Privileged is false",
    ],
  },
  async ({ runtime }) => {
    const privileged = await runtime.startContainer({ pod: PRIVILEGED, ...PRIVILEGED });
    const plain = await runtime.startContainer();

    const allowed = await administerNetwork(privileged);
    const refused = await administerNetwork(plain);

    expect(allowed, "`ip link set dev lo mtu` with privileged").to.have.fields({ exitCode: 0, mtu: CHANGED_MTU });
    expect(refused.exitCode, "exit code of `ip link set dev lo mtu` without privileged").to.not.equal(0);
    expect(refused.mtu, "MTU of the loopback device afterwards").to.not.equal(CHANGED_MTU);
  },
);

behaviour(
  "SEC-012",
  {
    title: "Privileged implies the complete list of relaxations",
    level: "required",
    rpcs: ["RunPodSandbox", "CreateContainer", "ExecSync"],
    clause:
      "LinuxContainerSecurityContext.privileged: all capabilities and devices, nothing masked or read-only under /proc and /sys, no confinement",
    needs: ["node-root"],
  },
  async ({ runtime }) => {
    const container = await runtime.startContainer({ pod: PRIVILEGED, ...PRIVILEGED });

    const status = await processStatus(container);
    expect(setsOf(status).effective, "effective capabilities").to.include.members(await ownCapabilities(container));
    const { Seccomp, NoNewPrivs = "0" } = status;
    expect({ Seccomp, NoNewPrivs }, "/proc/1/status").to.have.fields({ Seccomp: "0", NoNewPrivs: "0" });
    const label = await container.execSync(["cat", "/proc/1/attr/current"]);
    // Without a security module there is no label; SELinux has one of its own for privileged containers.
    if (label.exitCode === 0 && !label.stdout.includes(":"))
      expect(label.stdout, "/proc/1/attr/current").to.match(/^unconfined/);

    const mounts = await mountsOf(container);
    const readOnly = mounts.filter(({ path, readOnly }) => readOnly && /^\/(proc|sys)(\/|$)/.test(path));
    expect(
      readOnly.map(({ path }) => path),
      "read-only mounts under /proc and /sys",
    ).to.deep.equal([]);
    const masks = mounts.filter(({ path }) => /^\/(proc\/(?!sys\/fs\/binfmt_misc)|sys\/firmware$)/.test(path));
    expect(
      masks.map(({ path }) => path),
      "mounts over parts of /proc and /sys/firmware",
    ).to.deep.equal([]);
    expect(await missingDevices(container), "devices of the node that the container lacks").to.deep.equal([]);
    expect(await closedDevices(container), "devices that cannot be opened").to.deep.equal([]);
  },
);

behaviour(
  "SEC-013",
  {
    title: "A privileged container in an unprivileged sandbox is refused",
    level: "required",
    rpcs: ["CreateContainer", "ListContainers"],
    clause: "LinuxSandboxSecurityContext.privileged: without it CreateContainer refuses privileged containers",
  },
  async ({ runtime, rpc }) => {
    const sandbox = await runtime.runSandbox();

    await expectError(
      sandbox.createContainer(secured({ privileged: true })),
      "any",
      "CreateContainer with privileged in a sandbox without it",
    );

    const { containers } = await rpc.listContainers({ filter: { podSandboxId: sandbox.id } });
    expect(
      containers.map(({ id }) => id),
      "containers that it left",
    ).to.deep.equal([]);
  },
);

/** Devices that a container has of its own, or that come and go on the node. */
const OWN_DEVICES = /^(console|ptmx|tty.*|vcs.*|loop\d+|null|zero|full|u?random)$/;

/** Names in the node's /dev that are devices there and are not in the container's. */
async function missingDevices(container: Container): Promise<string[]> {
  const names = (await readdir("/dev")).filter((name) => !OWN_DEVICES.test(name));
  const stats = await Promise.all(names.map((name) => lstat(`/dev/${name}`).catch(() => undefined)));
  const devices = names.filter((_, index) => stats[index]?.isCharacterDevice() || stats[index]?.isBlockDevice());
  const inside = new Set((await container.output(["ls", "-A", "/dev"])).split("\n"));
  return devices.filter((name) => !inside.has(name));
}

/** Of some devices that anybody may open who is allowed to at all, those that the container has and cannot open. */
async function closedDevices(container: Container): Promise<string[]> {
  const candidates = ["kmsg", "loop-control", "fuse"];
  const script = `for name in ${candidates.join(" ")}; do
    [ ! -e /dev/$name ] || (: < /dev/$name) 2> /dev/null || echo $name
  done`;
  return (await container.output(sh(script))).split("\n").filter(Boolean);
}
