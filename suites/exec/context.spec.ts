import { behaviour, expect, SecurityProfile_ProfileType, sh, untilMainProcessRuns } from "../../src/harness/index.js";
import { processStatus } from "../security/process.js";
import { endOf } from "../streaming/received.js";
import { commandLines } from "./command-lines.js";

behaviour(
  "EXE-012",
  {
    title: "A command inherits environment, working directory, user and groups of its container",
    level: "required",
    rpcs: ["ExecSync"],
    clause: "ExecSync: runs the command in the container, as its own processes run",
  },
  async ({ runtime }) => {
    const sandbox = await runtime.borrowSandbox();
    const container = await sandbox.startContainer({
      envs: [{ key: "A", value: Buffer.from("1") }],
      workingDir: "/tmp",
      linux: {
        securityContext: {
          runAsUser: { value: 1001n },
          runAsGroup: { value: 1002n },
          supplementalGroups: [1234n],
        },
      },
    });

    const [a, workingDir, uid, gid, groups] = (await container.output(sh("echo $A; pwd; id -u; id -g; id -G"))).split(
      "\n",
    );

    expect({ a, workingDir, uid, gid }, "what the command is").to.have.fields({
      a: "1",
      workingDir: "/tmp",
      uid: "1001",
      gid: "1002",
    });
    expect(groups?.split(" "), "groups of the command").to.include("1234");
  },
);

behaviour(
  "EXE-013",
  {
    title: "A command inherits the restrictions of its container",
    level: "required",
    rpcs: ["ExecSync"],
    clause:
      "LinuxContainerSecurityContext.capabilities, no_new_privs, seccomp: restrict all processes of the container",
    needs: ["seccomp"],
  },
  async ({ runtime }) => {
    const container = await runtime.startContainer({
      linux: {
        securityContext: {
          capabilities: { dropCapabilities: ["ALL"] },
          noNewPrivs: true,
          seccomp: { profileType: SecurityProfile_ProfileType.RuntimeDefault },
        },
      },
    });

    const own = await processStatus(container, "first");
    const command = await processStatus(container, "exec");

    // That the container is restricted as it should be is the subject of other specs.
    const restrictions = ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp"];
    for (const name of restrictions)
      expect(command[name], `${name} of the command, as of process 1`).to.equal(own[name]);
    expect(command.CapEff, "CapEff of the command").to.equal("0000000000000000");
  },
);

behaviour(
  "EXE-019",
  {
    title: "A command joins exactly the namespaces of its container",
    level: "required",
    rpcs: ["ExecSync", "Exec"],
    clause: "NamespaceOption: applies to all processes of the container",
  },
  async ({ runtime, streaming }) => {
    const sandbox = await runtime.borrowSandbox();
    const container = await sandbox.startContainer();
    await untilMainProcessRuns(container);
    await sandbox.startContainer({ command: ["/bin/sleep", "86399"] });
    const namespacesOf = (pid: "1" | "self"): string[] =>
      sh(`for name in pid net ipc mnt uts; do readlink /proc/${pid}/ns/$name; done`);
    const [way] = await streaming.newestStreamWays(container.id);
    const session = await streaming.exec(container.id, namespacesOf("self"), { ...way, stdout: true });

    const own = await container.output(namespacesOf("1"));
    expect(await container.output(namespacesOf("self")), "namespaces of a command of ExecSync").to.equal(own);
    expect((await endOf(session)).stdout, "namespaces of a command of Exec").to.equal(own);
    const seen = await commandLines(container);
    expect(seen, "processes that the command sees").to.include((container.config.command ?? []).join(" "));
    expect(seen, "processes that the command sees").to.not.include("/bin/sleep 86399");
  },
);

/** What `dd` wants and what the container may have; the shell that idles in it needs a few hundred KiB. */
const WANTED_MIB = 256;
const LIMIT_BYTES = 64n * 1024n * 1024n;

behaviour(
  "EXE-020",
  {
    title: "A command counts against the limits of its container",
    level: "recommended",
    rpcs: ["ExecSync"],
    clause: "LinuxContainerResources.memory_limit_in_bytes: limits all processes of the container",
  },
  async ({ runtime }) => {
    const container = await runtime.startContainer({
      linux: { resources: { memoryLimitInBytes: LIMIT_BYTES, memorySwapLimitInBytes: LIMIT_BYTES } },
    });

    const own = await container.output(["cat", "/proc/1/cgroup"]);
    const command = await container.output(["cat", "/proc/self/cgroup"]);
    const hungry = await container.execSync(["dd", "if=/dev/zero", "of=/dev/null", `bs=${WANTED_MIB}M`, "count=1"]);

    const paths = (text: string): string[] => text.trim().split("\n").sort();
    expect(paths(command), "control groups of the command").to.deep.equal(paths(own));
    expect(hungry.exitCode, `exit code of a command that wants ${WANTED_MIB} MiB`).to.equal(137);
  },
);
