import { lstat, writeFile } from "node:fs/promises";
import { answerOf, behaviour, expect, expectError, RpcError, sh, type Container } from "../../src/harness/index.js";

/** A device of every Linux node that no container has by default. */
const KMSG = "/dev/kmsg";

/** Reading the kernel's messages takes this where kernel.dmesg_restrict is set, whatever the node's mode is. */
const MAY_READ_KMSG = { linux: { securityContext: { capabilities: { addCapabilities: ["SYSLOG"] } } } };

behaviour(
  "MNT-015",
  {
    title: "Devices are added with the requested node and access",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer", "ExecSync"],
    clause: "Device.permissions: r, w and m; what is not requested is refused by the kernel's device control",
    needs: ["node-root"],
  },
  async ({ runtime, notApplicable }) => {
    const numbers = (await numbersOf(KMSG)) ?? notApplicable(`the node has no ${KMSG}`);
    const sandbox = await runtime.borrowSandbox();
    const withDevice = (permissions: string): Promise<Container> =>
      sandbox.startContainer({
        devices: [{ hostPath: KMSG, containerPath: "/dev/mynode", permissions }],
        ...MAY_READ_KMSG,
      });

    const [all, readable, writable, none] = await Promise.all([
      withDevice("rwm"),
      withDevice("r"),
      withDevice("w"),
      sandbox.startContainer(MAY_READ_KMSG),
    ]);

    const node = await all.output(["stat", "-c", "%F 0x%t 0x%T", "/dev/mynode"]);
    const [major, minor] = node.trim().split(" ").slice(-2).map(Number);
    expect(node, "the device in the container").to.match(/^character special file /);
    expect({ major, minor }, "numbers of the device").to.deep.equal(numbers);
    expect(await access(all, "/dev/mynode"), "opening with permissions rwm").to.deep.equal(OPEN);
    expect(await access(readable, "/dev/mynode"), "opening with permissions r").to.deep.equal({
      ...OPEN,
      write: REFUSED,
    });
    expect(await access(writable, "/dev/mynode"), "opening with permissions w").to.deep.equal({
      ...OPEN,
      read: REFUSED,
    });
    // Making the node is allowed by the default capabilities; it is what it leads to that is closed.
    await none.execSync(["mknod", "/tmp/made", "c", `${numbers.major}`, `${numbers.minor}`]);
    const made = await access(none, "/tmp/made");
    expect(made.read, "reading a device that was not requested").to.not.equal(OPEN.read);
    expect(made.write, "writing to a device that was not requested").to.not.equal(OPEN.write);
  },
);

behaviour(
  "MNT-016",
  {
    title: "Invalid devices are rejected",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer"],
    clause: "Device.host_path, permissions: a device of the node; any of r, w and m",
    needs: ["node-files"],
  },
  async ({ runtime, tempFolder }) => {
    const file = `${await tempFolder("no-device")}/file`;
    await writeFile(file, "content");
    const sandbox = await runtime.borrowSandbox();
    const containerPath = "/dev/mynode";
    const start = async (hostPath: string, permissions: string): Promise<Container> => {
      // Either step may find out.
      const container = await sandbox.createContainer({
        devices: [{ hostPath, containerPath, permissions }],
        ...MAY_READ_KMSG,
      });
      await container.start();
      return container;
    };

    await expectError(start(`${file}-missing`, "rwm"), "any", "a device that does not exist");
    await expectError(start(file, "rwm"), "any", "a regular file as a device");

    const odd = await answerOf(start(KMSG, "xyz"));
    if (!(odd instanceof RpcError)) {
      const { read, write } = await access(odd, containerPath);
      expect({ read, write }, "opening with permissions xyz").to.not.include({ read: OPEN.read });
      expect({ read, write }, "opening with permissions xyz").to.not.include({ write: OPEN.write });
    }
  },
);

const OPEN = { read: "opened", write: "opened" };

/** How the kernel refuses a device (EPERM). */
const REFUSED = "Operation not permitted";

/** Opens a device for reading and for writing, without doing either. */
async function access(container: Container, path: string): Promise<typeof OPEN> {
  const open = (direction: "<" | ">>") => `(: ${direction} ${path}) 2>&1 && echo ${OPEN.read}`;
  const answers = await container.output(sh(`${open("<")}; ${open(">>")}; true`));
  const [read = "", write = ""] = answers.split("\n").map((answer) => answer.split(": ").at(-1) ?? "");
  return { read, write };
}

/** The numbers of a device of the node (makedev(3)); undefined where it is none. */
async function numbersOf(path: string): Promise<{ major: number; minor: number } | undefined> {
  const stat = await lstat(path).catch(() => undefined);
  if (!stat?.isCharacterDevice()) return undefined;
  return { major: (stat.rdev >> 8) & 0xfff, minor: (stat.rdev & 0xff) | ((stat.rdev >> 12) & 0xfff00) };
}
