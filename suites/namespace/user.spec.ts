import { readFile, stat } from "node:fs/promises";
import {
  answerOf,
  behaviour,
  expect,
  expectError,
  hostPid,
  joinLines,
  NamespaceMode,
  PodSandboxState,
  RpcError,
  sh,
  until,
} from "../../src/harness/index.js";
import { FIRST_HOST_ID, MAPPING, withUserNamespace } from "./user-namespace.js";
import { namespaceOf, nodeNamespace } from "./namespaces.js";

/** The lines of a uid_map or gid_map, with single blanks. */
const mapLines = (text: string): string[] =>
  text
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).join(" "));

const POD_MAP = [`${MAPPING.containerId} ${MAPPING.hostId} ${MAPPING.length}`];

behaviour(
  "NSP-011",
  {
    title: "A pod user namespace maps container root to an unprivileged host id",
    level: "required",
    rpcs: ["RunPodSandbox", "CreateContainer", "ExecSync", "ContainerStatus"],
    clause: "UserNamespace.mode: POD means one for the pod, with the given mapping (KEP-127)",
    needs: ["node-root", "user-namespaces"],
    critest:
      "[k8s.io] Security Context UserNamespaces when Host idmap mount support is needed runtime should support NamespaceMode_POD",
  },
  async ({ runtime }) => {
    const sandbox = await runtime.runSandbox(withUserNamespace());
    const container = await sandbox.startContainer();

    const { linux } = await sandbox.status();
    expect(linux?.namespaces?.options?.usernsOptions, "userns_options in PodSandboxStatus").to.have.fields({
      mode: NamespaceMode.POD,
      uids: [MAPPING],
      gids: [MAPPING],
    });
    expect(mapLines(await container.output(["cat", "/proc/self/uid_map"])), "uid_map").to.deep.equal(POD_MAP);
    expect(mapLines(await container.output(["cat", "/proc/self/gid_map"])), "gid_map").to.deep.equal(POD_MAP);
    expect((await container.output(["id", "-u"])).trim(), "uid in the container").to.equal("0");
    expect(await namespaceOf(container, "user"), "user namespace").to.not.equal(await nodeNamespace("user"));
    const pid = await hostPid((await container.statusResponse(true)).info);
    if (pid === undefined) return; // the runtime does not say which process it is
    expect((await stat(`/proc/${pid}`)).uid, "uid of the first process on the node").to.equal(FIRST_HOST_ID);
  },
);

behaviour(
  "NSP-012",
  {
    title: "User namespace NODE uses the host mapping",
    level: "required",
    rpcs: ["RunPodSandbox", "CreateContainer", "ExecSync"],
    clause: "UserNamespace.mode: NODE means none, as without the message (KEP-127)",
    needs: ["node-root"],
    critest:
      "[k8s.io] Security Context UserNamespaces when Host idmap mount support is not needed runtime should support NamespaceMode_NODE",
  },
  async ({ runtime }) => {
    const node = mapLines(await readFile("/proc/self/uid_map", "utf8"));
    const asked = await runtime.startContainer({ pod: withUserNamespace({ mode: NamespaceMode.NODE, uids: [] }) });
    const usual = await runtime.startContainer();

    for (const [container, what] of [
      [asked, "with mode NODE"],
      [usual, "without userns_options"],
    ] as const) {
      expect(mapLines(await container.output(["cat", "/proc/self/uid_map"])), `uid_map ${what}`).to.deep.equal(node);
    }
  },
);

behaviour(
  "NSP-013",
  {
    title: "Invalid user namespace requests are rejected",
    level: "required",
    rpcs: ["RunPodSandbox", "CreateContainer", "ListPodSandbox"],
    clause: "UserNamespace: POD with exactly one mapping, or NODE; any other mode is an error (KEP-127)",
    needs: ["user-namespaces"],
    critest: [
      "[k8s.io] Security Context UserNamespaces when Host idmap mount support is not needed runtime should fail if more than one mapping provided",
      "[k8s.io] Security Context UserNamespaces when Host idmap mount support is not needed runtime should fail if container ID 0 is not mapped",
      "[k8s.io] Security Context UserNamespaces when Host idmap mount support is not needed runtime should fail with NamespaceMode_CONTAINER",
      "[k8s.io] Security Context UserNamespaces when Host idmap mount support is not needed runtime should fail with NamespaceMode_TARGET",
    ],
  },
  async ({ runtime, rpc, names, note }) => {
    const second = { ...MAPPING, hostId: MAPPING.hostId + MAPPING.length, containerId: MAPPING.length };
    const invalid = {
      "two mappings": { uids: [MAPPING, second] },
      "a mapping without container user 0": { uids: [{ ...MAPPING, containerId: 1 }], gids: [MAPPING] },
      "a mapping without container group 0": { uids: [MAPPING], gids: [{ ...MAPPING, containerId: 1 }] },
      "mode CONTAINER": { mode: NamespaceMode.CONTAINER },
      "mode TARGET": { mode: NamespaceMode.TARGET },
    };
    for (const [what, options] of Object.entries(invalid)) {
      const run = runtime.runSandbox(withUserNamespace(options));
      await expectError(run, "any", `RunPodSandbox with ${what}`);
    }
    const { items } = await rpc.listPodSandbox({
      filter: { labelSelector: names.labels, state: { state: PodSandboxState.SANDBOX_READY } },
    });
    expect(
      items.map(({ id }) => id),
      "ready sandboxes that it left",
    ).to.deep.equal([]);

    // The kubelet sends none of these; a runtime does well to refuse them.
    const odd = {
      "mode POD without mappings": { uids: [] },
      "mode NODE with a mapping": { mode: NamespaceMode.NODE },
      "a mapping of length 0": { uids: [{ ...MAPPING, length: 0 }] },
    };
    for (const [what, options] of Object.entries(odd)) {
      const answer = await answerOf(runtime.runSandbox(withUserNamespace(options)));
      if (!(answer instanceof RpcError)) note(`RunPodSandbox accepts ${what}`);
    }
    const sandbox = await runtime.runSandbox();
    const answer = await answerOf(sandbox.createContainer(withUserNamespace()));
    if (!(answer instanceof RpcError)) note("CreateContainer accepts a user namespace that its sandbox has not");
  },
);

behaviour(
  "NSP-014",
  {
    title: "Rootfs and volumes keep sensible ownership inside a user namespace",
    level: "required",
    rpcs: ["CreateContainer", "ExecSync"],
    clause: "Mount.uidMappings, gidMappings: files keep their owners in a user namespace (KEP-127)",
    needs: ["node-root", "user-namespaces"],
  },
  async ({ runtime, tempFolder }) => {
    const mapped = await tempFolder("mapped");
    const unmapped = await tempFolder("unmapped");
    const container = await runtime.startContainer({
      pod: withUserNamespace(),
      mounts: [
        { containerPath: "/mapped", hostPath: mapped, uidMappings: [MAPPING], gidMappings: [MAPPING] },
        { containerPath: "/unmapped", hostPath: unmapped },
      ],
    });

    const owner = async (path: string): Promise<string> =>
      (await container.output(["stat", "-c", "%u:%g", path])).trim();
    expect(await owner("/"), "owner of /").to.equal("0:0");
    expect(await owner("/mapped"), "owner of a mounted folder with mappings").to.equal("0:0");
    expect(await owner("/unmapped"), "owner of a mounted folder without mappings").to.equal("65534:65534");
    await container.output(sh("echo > /mapped/file"));
    const { uid, gid } = await stat(`${mapped}/file`);
    expect({ uid, gid }, "owner on the node of a file made by container root").to.deep.equal({ uid: 0, gid: 0 });
    const { mounts } = await container.status();
    expect(
      mounts.find(({ containerPath }) => containerPath === "/mapped"),
      "the folder with mappings in ContainerStatus.mounts",
    ).to.have.fields({ uidMappings: [MAPPING], gidMappings: [MAPPING] });
  },
);

behaviour(
  "NSP-015",
  {
    title: "Standard streams, /dev/shm and API mounts work inside a user namespace",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer", "ExecSync"],
    clause:
      "UserNamespace.mode: POD changes ids, not what a container can do with its own streams and mounts (KEP-127)",
    needs: ["node-files", "user-namespaces"],
  },
  async ({ runtime }) => {
    const sandbox = await runtime.runSandbox(withUserNamespace());
    const command = sh(
      "echo out > /dev/stdout; echo err > /dev/stderr; echo > /dev/shm/f-$(id -u); trap 'exit 0' TERM; sleep 2147483 & wait",
    );

    for (const uid of [0, 1000]) {
      const container = await sandbox.startContainer({
        command,
        linux: { securityContext: { runAsUser: { value: BigInt(uid) } } },
      });
      const log = await until("the log to hold two lines", async () => {
        const { entries } = await container.log();
        return entries.length >= 2 && entries;
      });
      expect(joinLines(log, "stdout"), `stdout of uid ${uid}`).to.deep.equal(["out"]);
      expect(joinLines(log, "stderr"), `stderr of uid ${uid}`).to.deep.equal(["err"]);
      const shm = await container.execSync(sh("echo > /dev/shm/exec-$(id -u)"));
      expect(shm, `writing a file in /dev/shm as uid ${uid}`).to.have.fields({ exitCode: 0, stderr: "" });
      const mounts = await container.output(["cat", "/proc/self/mounts"]);
      expect(mounts, "mounts").to.match(/^\S+ \/proc proc /m);
      expect(mounts, "mounts").to.match(/^\S+ \/sys sysfs /m);
      for (const file of ["/etc/resolv.conf", "/etc/hosts"]) {
        const { exitCode, stderr } = await container.execSync(["cat", file]);
        expect({ exitCode, stderr }, `reading ${file} as uid ${uid}`).to.have.fields({ exitCode: 0, stderr: "" });
      }
    }
  },
);

behaviour(
  "NSP-016",
  {
    title: "Host network together with a user namespace follows the advertised feature",
    level: "optional",
    rpcs: ["RunPodSandbox", "ExecSync", "Status"],
    clause: "RuntimeFeatures.user_namespaces_host_network: runs a pod with a user namespace on the node's network",
    needs: ["node-root", "user-namespaces"],
  },
  async ({ runtime, rpc }) => {
    const pod = withUserNamespace();
    Object.assign(pod.linux.securityContext.namespaceOptions, { network: NamespaceMode.NODE });

    const container = await answerOf(runtime.startContainer({ pod }));
    const isRefused = container instanceof RpcError;
    const { features } = await rpc.status({});
    expect(
      features?.userNamespacesHostNetwork ?? false,
      `user_namespaces_host_network, where such a pod ${isRefused ? `is refused (${container.details})` : "starts"}`,
    ).to.equal(!isRefused);
    if (isRefused) return;
    expect(await namespaceOf(container, "net"), "network namespace").to.equal(await nodeNamespace("net"));
    expect(mapLines(await container.output(["cat", "/proc/self/uid_map"])), "uid_map").to.deep.equal(POD_MAP);
  },
);
