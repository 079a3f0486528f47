import { randomBytes } from "node:crypto";
import {
  answerOf,
  behaviour,
  ContainerState,
  expect,
  expectError,
  RpcError,
  sh,
  readMainProcess,
} from "../../src/harness/index.js";

behaviour(
  "EXE-001",
  {
    title: "ExecSync runs a command and returns its exact stdout",
    level: "required",
    rpcs: ["ExecSync"],
    clause:
      "ExecSyncResponse.stdout, stderr, exit_code: what the command wrote and ended with, as soon as it has ended",
    critest:
      "[k8s.io] Container runtime should support basic operations on container runtime should support execSync [Conformance]",
  },
  async ({ runtime }) => {
    const container = await runtime.startContainer();

    const calledMs = performance.now();
    const result = await container.execSync(["echo", "-n", "hello"], { timeoutS: 30 });

    expect(result, "ExecSync").to.have.fields({ stdout: "hello", stderr: "", exitCode: 0 });
    // The command ends at once; even a loaded node is far from this.
    expect(performance.now() - calledMs, "duration of ExecSync of echo in ms").to.be.below(10_000);
  },
);

behaviour(
  "EXE-003",
  {
    title: "ExecSync works independently in each container of a pod",
    level: "required",
    rpcs: ["ExecSync"],
    clause: "ExecSyncRequest.container_id: the command runs in this container",
    critest:
      "[k8s.io] Multiple Containers [Conformance] when running multiple containers in a pod should support container exec",
  },
  async ({ runtime }) => {
    const sandbox = await runtime.borrowSandbox();
    const one = await sandbox.startContainer();
    const two = await sandbox.startContainer();

    await one.output(sh("echo one > /marker"));
    await two.output(sh("echo two > /marker"));

    expect(await one.output(["cat", "/marker"]), "the file in the first container").to.equal("one\n");
    expect(await two.output(["cat", "/marker"]), "the file in the second container").to.equal("two\n");
    const hostname = `${sandbox.config.hostname ?? ""}\n`;
    expect(await one.output(["hostname"]), "host name in the first container").to.equal(hostname);
    expect(await two.output(["hostname"]), "host name in the second container").to.equal(hostname);
  },
);

behaviour(
  "EXE-004",
  {
    title: "ExecSync returns stdout and stderr apart",
    level: "required",
    rpcs: ["ExecSync"],
    clause: "ExecSyncResponse.stdout, stderr: each what the command wrote to it",
  },
  async ({ runtime }) => {
    const container = await runtime.startContainer();

    const result = await container.execSync(sh("printf out; printf err >&2; printf out2"));

    expect(result, "ExecSync").to.have.fields({ stdout: "outout2", stderr: "err", exitCode: 0 });
  },
);

behaviour(
  "EXE-005",
  {
    title: "A non-zero exit code comes back in the response, not as an error",
    level: "required",
    rpcs: ["ExecSync"],
    clause: "ExecSyncResponse.exit_code: a command that ends with another code than 0 is a success of the call",
  },
  async ({ runtime }) => {
    const container = await runtime.startContainer();
    const commands = [1, 2, 7, 42, 126, 127, 255].map((exitCode) => ({ script: `echo x; exit ${exitCode}`, exitCode }));
    commands.push({ script: "echo x; kill -KILL $$", exitCode: 137 });

    const results = await Promise.all(
      commands.map(async ({ script, exitCode }) => ({
        script,
        exitCode,
        result: await container.execSync(sh(script)),
      })),
    );

    for (const { script, exitCode, result } of results)
      expect(result, `ExecSync of "${script}"`).to.have.fields({ exitCode, stdout: "x\n" });
  },
);

behaviour(
  "EXE-006",
  {
    title: "ExecSync of a command that does not exist tells why it failed and does the container no harm",
    level: "required",
    rpcs: ["ExecSync", "StopContainer"],
    clause: "ExecSyncRequest.cmd: a program that is missing is a failure of the call or of the command",
  },
  async ({ runtime, rpc }) => {
    const container = await runtime.startContainer();

    const answer = await answerOf(container.execSync(["/no/such/command"]));

    const seen = answer instanceof RpcError ? answer.details : answer.stderr;
    expect(seen, "message of the error, or stderr").to.match(/\/no\/such\/command|no such file|not found/i);
    if (!(answer instanceof RpcError))
      expect(answer.exitCode, "ExecSyncResponse.exit_code").to.be.oneOf([126, 127, 255]);
    expect(await container.output(["echo", "next"]), "stdout of the next ExecSync").to.equal("next\n");
    expect(await container.status(), "ContainerStatus").to.have.fields({ state: ContainerState.CONTAINER_RUNNING });
    await rpc.stopContainer({ containerId: container.id, timeout: 5n }, { timeoutMs: 20_000 });
  },
);

behaviour(
  "EXE-010",
  {
    title: "ExecSync is refused where no process can be started",
    level: "required",
    rpcs: ["ExecSync", "StopContainer"],
    clause: "ExecSync: runs a command in a running container",
  },
  async ({ runtime, rpc, note }) => {
    const sandbox = await runtime.borrowSandbox();
    const created = await sandbox.createContainer();
    const exited = await sandbox.startContainer({ command: ["/bin/true"] });
    const running = await sandbox.startContainer();
    await exited.exited();
    const unknown = rpc.execSync({ containerId: randomBytes(32).toString("hex"), cmd: ["true"] });

    const error = await expectError(unknown, "any", "ExecSync in an unknown container");
    await expectError(created.execSync(["true"]), "any", "ExecSync in a created container");
    await expectError(exited.execSync(["true"]), "any", "ExecSync in an exited container");
    await expectError(running.execSync([]), "any", "ExecSync of nothing");

    if (error && !error.is("NotFound")) note(`ExecSync in an unknown container: ${error.codeName} instead of NotFound`);
    const states = await Promise.all(
      [created, exited, running].map(async (container) => (await container.status()).state),
    );
    expect(
      states.map((state) => ContainerState[state]),
      "ContainerStatus.state of the three containers afterwards",
    ).to.deep.equal(["CONTAINER_CREATED", "CONTAINER_EXITED", "CONTAINER_RUNNING"]);
    await rpc.stopContainer({ containerId: running.id, timeout: 5n }, { timeoutMs: 20_000 });
  },
);

behaviour(
  "EXE-014",
  {
    title: "ExecSync passes the arguments as they are, without a shell, and leaves the container's own alone",
    level: "required",
    rpcs: ["ExecSync"],
    clause: "ExecSyncRequest.cmd: program and arguments; no shell is involved",
  },
  async ({ runtime }) => {
    const container = await runtime.startContainer();
    const own = await readMainProcess(container, "cmdline");

    const first = await container.output(["printf", "%s|", "a b", "$HOME", "", `"ünïcödé"`, "line\nbreak"]);
    const second = await container.output(["printf", "%s|", "other"]);

    expect(first, "stdout of the first ExecSync").to.equal(`a b|$HOME||"ünïcödé"|line\nbreak|`);
    expect(second, "stdout of the second ExecSync").to.equal("other|");
    expect(own.split("\0").slice(0, -1), "arguments of process 1").to.deep.equal(container.config.command);
    expect(await container.output(["cat", "/proc/1/cmdline"]), "arguments of process 1 afterwards").to.equal(own);
  },
);
