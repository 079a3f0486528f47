import { readFile, writeFile } from "node:fs/promises";
import {
  answerOf,
  behaviour,
  expect,
  expectError,
  NamespaceMode,
  PodSandboxState,
  RpcError,
} from "../../src/harness/index.js";

/** The file of /proc/sys that a sysctl is. */
const fileOf = (name: string): string => `/proc/sys/${name.replaceAll(".", "/")}`;

const nodeValue = async (name: string): Promise<string> => (await readFile(fileOf(name), "utf8")).trim();

behaviour(
  "NSP-009",
  {
    title: "Safe and unsafe namespaced sysctls are applied to the pod only",
    level: "required",
    rpcs: ["RunPodSandbox", "CreateContainer", "ExecSync"],
    clause: "LinuxPodSandboxConfig.sysctls: set in the pod's namespaces",
    needs: ["node-files"],
    critest: [
      "[k8s.io] PodSandbox runtime should support sysctls should support safe sysctls",
      "[k8s.io] PodSandbox runtime should support sysctls should support unsafe sysctls",
    ],
  },
  async ({ runtime }) => {
    // The kubelet lets every pod set the first, and the second where its administrator allows it.
    for (const [name, value] of [
      ["kernel.shm_rmid_forced", "1"],
      ["fs.mqueue.msg_max", "100"],
    ] as const) {
      const before = await nodeValue(name);

      const container = await runtime.startContainer({ pod: { linux: { sysctls: { [name]: value } } } });

      expect((await container.output(["cat", fileOf(name)])).trim(), `${name} in a container`).to.equal(value);
      expect(await nodeValue(name), `${name} of the node`).to.equal(before);
    }
  },
);

behaviour(
  "NSP-010",
  {
    title: "Invalid sysctls fail RunPodSandbox instead of being dropped",
    level: "recommended",
    rpcs: ["RunPodSandbox", "ListPodSandbox"],
    clause: "LinuxPodSandboxConfig.sysctls: set in the pod's namespaces, or the pod is not what was asked for",
    needs: ["node-root"],
  },
  async ({ runtime, rpc, names, note, deferLast }) => {
    const invalid = {
      "a sysctl that does not exist": { "kernel.shm_no_such_sysctl": "1" },
      // Set to what it is: a runtime that obeys does no harm.
      "a sysctl of the whole node": { "vm.swappiness": await nodeValue("vm.swappiness") },
      "a word for a number": { "kernel.shm_rmid_forced": "abc" },
    };
    for (const [what, sysctls] of Object.entries(invalid)) {
      await expectError(runtime.runSandbox({ linux: { sysctls } }), "any", `RunPodSandbox with ${what}`);
    }
    const { items } = await rpc.listPodSandbox({
      filter: { labelSelector: names.labels, state: { state: PodSandboxState.SANDBOX_READY } },
    });
    expect(
      items.map(({ id }) => id),
      "ready sandboxes that it left",
    ).to.deep.equal([]);

    const name = "net.ipv4.tcp_keepalive_intvl";
    const before = await nodeValue(name);
    deferLast(async () => {
      if ((await nodeValue(name)) !== before) await writeFile(fileOf(name), before);
    });
    const onNodeNetwork = await answerOf(
      runtime.runSandbox({
        linux: {
          sysctls: { [name]: String(Number(before) + 1) },
          securityContext: { namespaceOptions: { network: NamespaceMode.NODE } },
        },
      }),
    );
    note(`${name} with network NODE is ${onNodeNetwork instanceof RpcError ? "refused" : "accepted"}`);
    expect(await nodeValue(name), `${name} of the node`).to.equal(before);
  },
);
