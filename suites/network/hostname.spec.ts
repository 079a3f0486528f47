import { hostname } from "node:os";
import {
  answerOf,
  behaviour,
  expect,
  NamespaceMode,
  RpcError,
  readMainProcess,
  type Container,
  type PodOptions,
} from "../../src/harness/index.js";

const ON_NODE: PodOptions = { linux: { securityContext: { namespaceOptions: { network: NamespaceMode.NODE } } } };

behaviour(
  "NET-004",
  {
    title: "Hostname of the pod is set in the UTS namespace",
    level: "required",
    rpcs: ["RunPodSandbox", "CreateContainer", "ExecSync"],
    clause: "PodSandboxConfig.hostname: the host name of the pod",
    critest: "[k8s.io] Networking runtime should support networking runtime should support set hostname [Conformance]",
  },
  async ({ runtime }) => {
    const sandbox = await runtime.runSandbox({ hostname: "test-hostname" });
    const containers = [await sandbox.startContainer(), await sandbox.startContainer()];

    for (const container of containers) {
      const { stdout, stderr, exitCode } = await container.execSync(["hostname"]);
      expect({ stdout: stdout.trim().toLowerCase(), stderr, exitCode }, "result of `hostname`").to.deep.equal({
        stdout: "test-hostname",
        stderr: "",
        exitCode: 0,
      });
    }
  },
);

behaviour(
  "NET-005",
  {
    title: "Hostname is visible as file and environment variable",
    level: "recommended",
    rpcs: ["RunPodSandbox", "CreateContainer", "ExecSync"],
    clause: "PodSandboxConfig.hostname: programs look for it in /etc/hostname and HOSTNAME, too",
  },
  async ({ runtime }) => {
    const sandbox = await runtime.runSandbox({ hostname: "test-hostname" });
    const container = await sandbox.startContainer();
    const another = await sandbox.startContainer({ envs: [{ key: "HOSTNAME", value: Buffer.from("from-config") }] });

    expect((await container.output(["cat", "/etc/hostname"])).trim(), "/etc/hostname").to.equal("test-hostname");
    expect(await hostnameVariables(container), "HOSTNAME of process 1").to.deep.equal(["test-hostname"]);
    expect(await hostnameVariables(another), "HOSTNAME of process 1 that the configuration sets").to.deep.equal([
      "from-config",
    ]);
  },
);

/** The values of HOSTNAME that a container's first process was started with. */
async function hostnameVariables(container: Container): Promise<string[]> {
  const variables = (await readMainProcess(container, "environ")).split("\0");
  return variables.filter((variable) => variable.startsWith("HOSTNAME=")).map((variable) => variable.slice(9));
}

behaviour(
  "NET-006",
  {
    title: "Pods on the node's network carry the node's hostname",
    level: "required",
    rpcs: ["RunPodSandbox", "CreateContainer", "ExecSync"],
    clause: "PodSandboxConfig.hostname: empty with NamespaceOption.network NODE, and the pod has the node's",
    needs: ["node-files"],
  },
  async ({ runtime, note }) => {
    const container = await runtime.startContainer({ pod: ON_NODE });
    expect((await container.output(["hostname"])).trim(), "`hostname` on the node's network").to.equal(hostname());

    const custom = await answerOf(runtime.runSandbox({ ...ON_NODE, hostname: "test-hostname" }));
    if (custom instanceof RpcError) note(`a hostname with network NODE was refused with ${custom.codeName}`);
    expect(hostname(), "hostname of the node after a pod on its network asked for another").to.not.equal(
      "test-hostname",
    );
  },
);
