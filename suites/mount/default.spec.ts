import { behaviour, expect, mountsOf, sh, type Container } from "../../src/harness/index.js";
import { PRIVILEGED } from "./privileged.js";

/** Default devices of the OCI runtime specification (config-linux.md), with their numbers in Linux (devices.txt). */
const DEVICES = ["null 1:3", "zero 1:5", "full 1:7", "random 1:8", "urandom 1:9", "tty 5:0"];

behaviour(
  "MNT-014",
  {
    title: "Default mounts and device nodes are present with the right modes",
    level: "required",
    rpcs: ["CreateContainer", "ExecSync"],
    clause:
      "LinuxContainerConfig: file systems and devices that every Linux program expects (OCI runtime-spec, config-linux.md)",
  },
  async ({ runtime }) => {
    const container = await runtime.startContainer({ linux: { securityContext: { runAsUser: { value: 65534n } } } });
    const privileged = await runtime.startContainer({ pod: PRIVILEGED, ...PRIVILEGED });

    expect(await typesOf(container), "types of what is mounted").to.have.fields({
      "/proc": "proc",
      "/sys": "sysfs",
      "/dev": "tmpfs",
      "/dev/pts": "devpts",
      "/dev/shm": "tmpfs",
      "/dev/mqueue": "mqueue",
    });
    const writable = (await mountsOf(container)).filter(({ readOnly }) => !readOnly);
    const sys = writable.filter(({ path, type }) => path === "/sys" || isCgroup(type));
    expect(
      sys.map(({ path }) => path),
      "/sys and control groups that can be written",
    ).to.deep.equal([]);
    const cgroups = (await mountsOf(privileged)).filter(({ type }) => isCgroup(type));
    expect(
      cgroups.filter(({ readOnly }) => readOnly).map(({ path }) => path),
      "control groups that a privileged container cannot write",
    ).to.deep.equal([]);

    const names = DEVICES.map((device) => `/dev/${device.split(" ")[0]}`);
    const nodes = await container.output(["stat", "-c", "%F %n %t:%T %a", ...names]);
    expect(nodes.trim().split("\n"), "device nodes").to.deep.equal(
      DEVICES.map((device) => `character special file /dev/${device} 666`),
    );
    const links = await container.output(sh("cd /dev && for name in fd stdin stdout stderr; do readlink $name; done"));
    expect(links.trim().split("\n"), "/dev/fd, stdin, stdout and stderr").to.deep.equal([
      "/proc/self/fd",
      "/proc/self/fd/0",
      "/proc/self/fd/1",
      "/proc/self/fd/2",
    ]);
    expect(await container.output(sh("find /dev -type b")), "block devices in /dev").to.equal("");
    expect(
      await used(container),
      "bytes that user 65534 reads from the devices, and the answer of the full one",
    ).to.deep.equal({
      null: "0",
      zero: "8",
      random: "8",
      urandom: "8",
      full: "No space left on device",
    });
  },
);

/** Types of the mounted file systems by path. */
async function typesOf(container: Container): Promise<Record<string, string>> {
  return Object.fromEntries((await mountsOf(container)).map(({ path, type }) => [path, type]));
}

/** True for both versions' hierarchies; with version 1 the folder above them is a small file system of its own. */
const isCgroup = (type: string): boolean => type.startsWith("cgroup");

/** Writes to each device, counts the bytes that come from it, and says what writing to the full one answers. */
async function used(container: Container): Promise<Record<string, string>> {
  const names = ["null", "zero", "random", "urandom"];
  const use = names.map((name) => `echo > /dev/${name} && head -c 8 /dev/${name} | wc -c;`);
  const { stdout, stderr } = await container.execSync(sh(`${use.join(" ")} echo > /dev/full`));
  const counts = stdout.trim().split(/\s+/);
  return {
    ...Object.fromEntries(names.map((name, index) => [name, counts[index] ?? ""])),
    full: stderr.trim().split(": ").at(-1) ?? "",
  };
}
