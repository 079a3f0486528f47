import { readFile } from "node:fs/promises";
import {
  behaviour,
  ContainerState,
  expect,
  expectError,
  NamespaceMode,
  type Container,
} from "../../src/harness/index.js";
import { namespaceOf, nodeNamespace, withNamespaces } from "./namespaces.js";

/** A command that idles, ends with 7 on SIGTERM, and can be told from others by its name in /proc/PID/cmdline. */
const named = (name: string): string[] => ["/bin/sh", "-c", "trap 'exit 7' TERM; sleep 2147483 & wait", name];

/** The container's process that `named` started: its number in the container's view, or undefined. */
async function findProcess(container: Container, name: string): Promise<string | undefined> {
  // The name is looked for from outside: a command line with the name in it would find itself.
  const { stdout } = await container.execSync([
    "/bin/sh",
    "-c",
    'for file in /proc/[0-9]*/cmdline; do echo "$file $(tr "\\0" " " < $file)"; done 2> /dev/null',
  ]);
  return stdout
    .split("\n")
    .find((line) => line.trimEnd().endsWith(` ${name}`))
    ?.split("/")[2];
}

behaviour(
  "NSP-001",
  {
    title: "HostPID containers see host processes",
    level: "required",
    rpcs: ["RunPodSandbox", "CreateContainer", "ExecSync"],
    clause: "NamespaceOption.pid: NODE means the node's",
    needs: ["node-root"],
    critest: "[k8s.io] Security Context NamespaceOption runtime should support HostPID",
  },
  async ({ runtime, names }) => {
    const name = names.next();
    const other = await runtime.startContainer({ command: named(name) });
    const container = await runtime.startContainer({ pod: withNamespaces({ pid: NamespaceMode.NODE }) });

    expect(await namespaceOf(container, "pid"), "PID namespace").to.equal(await nodeNamespace("pid"));
    expect(await findProcess(other, name), "number of the other pod's process in its own view").to.equal("1");
    const pid = await findProcess(container, name);
    const onNode = await readFile(`/proc/${pid ?? "none"}/cmdline`, "utf8").catch(() => "no such process");
    expect(onNode, "command line of that process on the node").to.contain(`\0${name}\0`);
  },
);

behaviour(
  "NSP-002",
  {
    title: "Containers with POD pid mode share one process view",
    level: "required",
    rpcs: ["RunPodSandbox", "CreateContainer", "ExecSync"],
    clause: "NamespaceOption.pid: POD means that the pod's containers share it",
    critest: "[k8s.io] Security Context NamespaceOption runtime should support PodPID",
  },
  async ({ runtime, names }) => {
    const sandbox = await runtime.runSandbox(withNamespaces({ pid: NamespaceMode.POD }));
    const name = names.next();
    const server = await sandbox.startContainer({ command: named(name) });
    const other = await sandbox.startContainer();

    expect(await server.output(["cat", "/proc/1/cmdline"]), "command line of process 1").to.not.contain(name);
    const pid = await findProcess(other, name);
    expect(pid, "number of the first container's process in the second one's view").to.match(/^\d+$/);
    if (pid === undefined) return;
    await other.output(["kill", "-TERM", pid]);
    const status = await server.exited();
    expect(status, "ContainerStatus after a signal from the other container").to.have.fields({ exitCode: 7 });
  },
);

behaviour(
  "NSP-003",
  {
    title: "Containers with CONTAINER pid mode have their own process tree",
    level: "required",
    rpcs: ["RunPodSandbox", "CreateContainer", "ExecSync"],
    clause: "NamespaceOption.pid: CONTAINER means that nobody shares it",
    critest: "[k8s.io] Security Context NamespaceOption runtime should support ContainerPID",
  },
  async ({ runtime, names }) => {
    const sandbox = await runtime.runSandbox(withNamespaces({ pid: NamespaceMode.CONTAINER }));
    const name = names.next();
    const server = await sandbox.startContainer({ command: named(name) });
    const other = await sandbox.startContainer();

    expect(await findProcess(server, name), "number of the process in its own container").to.equal("1");
    expect(await findProcess(other, name), "number of the process in the other container").to.equal(undefined);
  },
);

behaviour(
  "NSP-004",
  {
    title: "Pid TARGET joins the namespace of an existing container",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer", "ExecSync"],
    clause:
      "NamespaceOption.target_id: with pid TARGET, the container of the same sandbox whose PID namespace it joins",
  },
  async ({ runtime, names }) => {
    const sandbox = await runtime.runSandbox();
    const name = names.next();
    const target = await sandbox.startContainer({ command: named(name) });

    const joined = await sandbox.startContainer(withNamespaces({ pid: NamespaceMode.TARGET, targetId: target.id }));

    expect(await joined.output(["cat", "/proc/1/cmdline"]), "command line of process 1").to.contain(name);
    expect(await namespaceOf(joined, "pid"), "PID namespace").to.equal(await namespaceOf(target, "pid"));
    await joined.stop();
    await joined.remove();
    expect(await target.status(), "ContainerStatus of the target afterwards").to.have.fields({
      state: ContainerState.CONTAINER_RUNNING,
    });
    expect(await findProcess(target, name), "number of the target's process").to.equal("1");
  },
);

behaviour(
  "NSP-005",
  {
    title: "Invalid pid targets are refused",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer"],
    clause: "NamespaceOption.target_id: a running container of the same sandbox",
  },
  async ({ runtime, rpc, names }) => {
    const sandbox = await runtime.runSandbox();
    const exited = await sandbox.startContainer({ command: ["/bin/true"] });
    const stranger = await runtime.startContainer();
    await exited.exited();
    const targets = {
      "an empty target_id": "",
      "an unknown container": names.next(),
      "a container of another sandbox": stranger.id,
      "an exited container": exited.id,
    };

    for (const [what, targetId] of Object.entries(targets)) {
      await expectError(
        sandbox.startContainer(withNamespaces({ pid: NamespaceMode.TARGET, targetId })),
        "any",
        `CreateContainer and StartContainer with the PID namespace of ${what}`,
      );
    }

    const { containers } = await rpc.listContainers({
      filter: { podSandboxId: sandbox.id, state: { state: ContainerState.CONTAINER_RUNNING } },
    });
    expect(
      containers.map(({ id }) => id),
      "containers that run all the same",
    ).to.deep.equal([]);
  },
);
