import { execFile } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo, type Server } from "node:net";
import { promisify } from "node:util";
import { behaviour, expect, NamespaceMode, sh, type SpecContext } from "../../src/harness/index.js";
import { namespaceOf, nodeNamespace, withNamespaces } from "./namespaces.js";

const run = promisify(execFile);

behaviour(
  "NSP-006",
  {
    title: "HostIPC shares the node IPC namespace, otherwise it is isolated",
    level: "required",
    rpcs: ["RunPodSandbox", "CreateContainer", "ExecSync"],
    clause: "NamespaceOption.ipc: NODE means the node's, POD one of the pod's own",
    needs: ["node-root"],
    critest: [
      "[k8s.io] Security Context NamespaceOption runtime should support HostIpc is true",
      "[k8s.io] Security Context NamespaceOption runtime should support HostIpc is false",
    ],
  },
  async ({ runtime, deferLast }) => {
    const shared = await runtime.startContainer({ pod: withNamespaces({ ipc: NamespaceMode.NODE }) });
    const own = await runtime.startContainer({ pod: withNamespaces({ ipc: NamespaceMode.POD }) });

    const node = await nodeNamespace("ipc");
    expect(await namespaceOf(shared, "ipc"), "IPC namespace with NODE").to.equal(node);
    expect(await namespaceOf(own, "ipc"), "IPC namespace with POD").to.not.equal(node);

    const segment = await sharedMemorySegment({ deferLast });
    if (segment === undefined) return; // the node has no program that makes one
    const row = new RegExp(`^\\s*-?\\d+\\s+${segment}\\s`, "m");
    expect(await shared.output(["cat", "/proc/sysvipc/shm"]), "segments with NODE").to.match(row);
    expect(await own.output(["cat", "/proc/sysvipc/shm"]), "segments with POD").to.not.match(row);
  },
);

behaviour(
  "NSP-007",
  {
    title: "HostNetwork shares the node network namespace, otherwise it is isolated",
    level: "required",
    rpcs: ["RunPodSandbox", "CreateContainer", "ExecSync"],
    clause: "NamespaceOption.network: NODE means the node's, POD one of the pod's own",
    needs: ["node-root"],
    critest: [
      "[k8s.io] Security Context NamespaceOption runtime should support HostNetwork is true",
      "[k8s.io] Security Context NamespaceOption runtime should support HostNetwork is false",
    ],
  },
  async ({ runtime, defer }) => {
    const server = createServer();
    defer(() => new Promise((resolve) => server.close(() => resolve())));
    const port = await listen(server);
    const shared = await runtime.startContainer({ pod: withNamespaces({ network: NamespaceMode.NODE }) });
    const own = await runtime.startContainer({ pod: withNamespaces({ network: NamespaceMode.POD }) });

    const node = await nodeNamespace("net");
    expect(await namespaceOf(shared, "net"), "network namespace with NODE").to.equal(node);
    expect(await namespaceOf(own, "net"), "network namespace with POD").to.not.equal(node);
    // A listening socket: local address and port in hexadecimal, no peer, state 0A; see proc(5).
    const row = new RegExp(`: [0-9A-F]{8}:${port.toString(16).toUpperCase().padStart(4, "0")} 00000000:0000 0A `, "m");
    expect(row.test(await shared.output(["cat", "/proc/net/tcp"])), "NODE shows the node's server").to.equal(true);
    expect(row.test(await own.output(["cat", "/proc/net/tcp"])), "POD shows the node's server").to.equal(false);
  },
);

behaviour(
  "NSP-008",
  {
    title: "/dev/shm and IPC are shared by the containers of a pod",
    level: "required",
    rpcs: ["CreateContainer", "ExecSync"],
    clause: "NamespaceOption.ipc: POD means that the pod's containers share it, and /dev/shm belongs to it",
    needs: ["node-root"],
  },
  async ({ runtime, names, note, deferLast }) => {
    const sandbox = await runtime.runSandbox();
    const writer = await sandbox.startContainer();
    const reader = await sandbox.startContainer();
    const stranger = await runtime.startContainer();
    const file = `/dev/shm/${names.next()}`;
    await writer.output(sh(`echo shared > ${file}`));

    expect(await reader.output(["cat", file]), "the file in another container of the pod").to.equal("shared\n");
    const elsewhere = await stranger.output(sh(`[ ! -e ${file} ] || echo there`));
    expect(elsewhere, "the file in another pod").to.equal("");
    expect(await namespaceOf(reader, "ipc"), "IPC namespace").to.equal(await namespaceOf(writer, "ipc"));
    const [mode, type] = (await writer.output(sh("stat -c %a /dev/shm; stat -f -c %T /dev/shm"))).split("\n");
    expect({ mode, type }, "/dev/shm").to.have.fields({ mode: "1777", type: "tmpfs" });
    const mount = (await writer.output(["cat", "/proc/self/mounts"]))
      .split("\n")
      .find((line) => line.includes(" /dev/shm "));
    // Runtimes agree on 64 MiB and on nosuid, nodev and noexec; the contract does not say.
    const [blocks, size] = (await writer.output(["stat", "-f", "-c", "%b %s", "/dev/shm"]))
      .trim()
      .split(" ")
      .map(Number);
    note(
      `/dev/shm holds ${((blocks ?? 0) * (size ?? 0)) / 1024 / 1024} MiB and is mounted ${mount?.split(" ")[3] ?? "not at all"}`,
    );

    const onNode = `/dev/shm/${names.next()}`;
    await writeFile(onNode, "node\n", { flag: "wx" });
    deferLast(() => rm(onNode, { force: true }));
    const shared = await runtime.startContainer({ pod: withNamespaces({ ipc: NamespaceMode.NODE }) });
    const seen = await shared.output(sh(`cat ${onNode} 2>&1 || true`));
    expect(seen, "a file of the node's /dev/shm in a container with ipc NODE").to.equal("node\n");
  },
);

/** Makes a System V shared memory segment on the node; returns its id, or undefined where there is no ipcmk. */
async function sharedMemorySegment({ deferLast }: Pick<SpecContext, "deferLast">): Promise<string | undefined> {
  const made = await run("ipcmk", ["--shmem", "4096"]).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  const id = /(\d+)\s*$/.exec(made?.stdout ?? "")?.[1];
  if (id !== undefined) deferLast(async () => void (await run("ipcrm", ["--shmem-id", id])));
  return id;
}

/** Lets a server listen on a free port of the loopback address, and returns the port. */
function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}
