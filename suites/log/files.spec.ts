import { randomUUID } from "node:crypto";
import { lstat, mkdir, readdir, readFile } from "node:fs/promises";
import {
  answerOf,
  behaviour,
  type Container,
  ContainerState,
  expect,
  expectError,
  joinLines,
  RpcError,
  SecurityProfile_ProfileType,
  sh,
} from "../../src/harness/index.js";
import { contents, finishedLines, logOf, logWith, writing } from "./logged.js";

behaviour(
  "LOG-002",
  {
    title: "Every container and every restart attempt logs to its own file",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer", "ContainerStatus"],
    clause: "ContainerStatus.log_path: the host path of the container's own log, one per attempt",
    needs: ["node-files"],
    critest:
      "[k8s.io] Multiple Containers [Conformance] when running multiple containers in a pod should support container log",
  },
  async ({ runtime, names }) => {
    const sandbox = await runtime.borrowSandbox();
    // As the kubelet does: one folder per container, one file per attempt.
    await mkdir(`${sandbox.config.logDirectory}/c`);
    const name = names.next();
    const attempt = (number: number, word: string) =>
      sandbox.createContainer({
        metadata: { name, attempt: number },
        logPath: `c/${number}.log`,
        command: writing(`echo ${word}`),
      });
    const first = await attempt(0, "first");
    const neighbour = await sandbox.startContainer({ command: writing("echo neighbour") });

    await expectLogPath(first, ContainerState.CONTAINER_CREATED);
    await first.start();
    await logOf(first, 1);
    await expectLogPath(first, ContainerState.CONTAINER_RUNNING);
    await first.stop();
    await expectLogPath(first, ContainerState.CONTAINER_EXITED);
    const second = await attempt(1, "second");
    await second.start();

    for (const [container, word] of [
      [first, "first"],
      [second, "second"],
      [neighbour, "neighbour"],
    ] as const) {
      const log = await logOf(container, 1);
      expect(contents(log), `entries of ${container.config.logPath}`).to.deep.equal([`stdout F ${word}`]);
      await expectLogPath(container);
    }
  },
);

async function expectLogPath(container: Container, state?: ContainerState): Promise<void> {
  expect(await container.status(), "ContainerStatus").to.have.fields({
    logPath: container.logFile,
    ...(state !== undefined && { state }),
  });
}

behaviour(
  "LOG-014",
  {
    title: "Empty log path or log directory disables logging to disk",
    level: "recommended",
    rpcs: ["RunPodSandbox", "CreateContainer", "StartContainer"],
    clause: "PodSandboxConfig.log_directory, ContainerConfig.log_path: without them there is no place for a log",
    needs: ["node-files"],
  },
  async ({ runtime, names, note }) => {
    const withoutPath = await runtime.startContainer({ logPath: "" });
    const name = `${names.next()}.log`;
    const withoutFolder = await runtime.startContainer({ logPath: name, pod: { logDirectory: "" } });

    for (const [what, container] of Object.entries({ log_path: withoutPath, log_directory: withoutFolder })) {
      const { state, logPath } = await container.status();
      expect(ContainerState[state], `state of a container with an empty ${what}`).to.equal("CONTAINER_RUNNING");
      // A runtime may keep a log of its own; then it says where.
      if (logPath === "") continue;
      note(`empty ${what}: the runtime logs to ${logPath}`);
      expect(await kindOf(logPath), `what is at log_path ${logPath} with an empty ${what}`).to.equal("file");
    }
    expect(await kindOf(`/${name}`), `what is at /${name}`).to.equal("nothing");
  },
);

behaviour(
  "LOG-015",
  {
    title: "The log file exists no later than container start, also below a sub directory",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer"],
    clause: "ContainerConfig.log_path: the kubelet links to the file as soon as StartContainer has returned",
    needs: ["node-files"],
  },
  async ({ runtime, note }) => {
    const sandbox = await runtime.borrowSandbox();
    await mkdir(`${sandbox.config.logDirectory}/made`);

    const silent = await sandbox.startContainer({ logPath: "made/3.log" });

    expect(await kindOf(silent.logFile), "what is at the log path when StartContainer has returned").to.equal("file");
    expect((await readFile(silent.logFile)).length, "bytes in the log of a silent container").to.equal(0);

    // The kubelet always makes the folder. Without it a runtime may make it, or refuse; it may not drop the output.
    const orphan = await answerOf(sandbox.startContainer({ logPath: "not-made/3.log", command: writing("echo here") }));
    if (orphan instanceof RpcError) return note(`without its folder ${orphan.method} was refused`);
    expect(contents(await logOf(orphan, 1)), "entries of a log whose folder the runtime made").to.deep.equal([
      "stdout F here",
    ]);
  },
);

behaviour(
  "LOG-017",
  {
    title: "Exec output never enters the container log",
    level: "required",
    rpcs: ["ExecSync"],
    clause: "ContainerConfig.log_path: holds the output of the container's own process and nothing else",
    needs: ["node-files"],
  },
  async ({ runtime }) => {
    const container = await runtime.startContainer({ command: sh("while :; do echo tick; sleep 0.1; done") });
    const mark = `EXECMARK-${randomUUID()}`;

    await container.output(["/bin/sh", "-c", `echo ${mark}; echo ${mark} >&2`]);

    // What the runtime wrote to the log because of the exec call would stand before the lines that follow.
    const linesThen = finishedLines(await container.log());
    const { entries } = await logWith(container, "five more lines", (log) => finishedLines(log) >= linesThen + 5);
    const others = joinLines(entries).filter((line) => line !== "tick");
    expect(others, "lines of the log that the container's process did not write").to.be.empty;
  },
);

behaviour(
  "LOG-020",
  {
    title: "The runtime never truncates or deletes the log of a stopped container",
    level: "required",
    rpcs: ["StopContainer", "StopPodSandbox", "RemovePodSandbox"],
    clause: "PodSandboxConfig.log_directory: the kubelet reads logs of ended containers, and removes them itself",
    needs: ["node-files"],
  },
  async ({ runtime }) => {
    const sandbox = await runtime.runSandbox();
    const container = await sandbox.startContainer({ command: writing("seq 1 100") });
    await logOf(container, 100);
    const text = () => readFile(container.logFile, "utf8").catch((error: Error) => error.message);
    const before = await text();

    await container.stop();
    expect(await text(), "log after StopContainer").to.equal(before);
    await sandbox.stop();
    expect(await text(), "log after StopPodSandbox").to.equal(before);
    await sandbox.remove();
    // What becomes of the file is the runtime's: with cri-dockerd it is a link to a log that goes with the container.
    expect(await kindOf(sandbox.config.logDirectory ?? ""), "log directory after RemovePodSandbox").to.equal("folder");
  },
);

behaviour(
  "LOG-021",
  {
    title: "A failed CreateContainer leaves no log file",
    level: "recommended",
    rpcs: ["CreateContainer"],
    clause: "CreateContainer: a failed call leaves nothing behind",
    needs: ["node-files"],
  },
  async ({ runtime }) => {
    const sandbox = await runtime.borrowSandbox();
    const folder = `${sandbox.config.logDirectory}/bad`;
    await mkdir(folder);
    const profile = {
      profileType: SecurityProfile_ProfileType.Localhost,
      localhostRef: "/critique/no-such-profile",
    };
    const created = sandbox.createContainer({
      logPath: "bad/0.log",
      linux: { securityContext: { seccomp: profile } },
    });

    await expectError(created, "any", "CreateContainer with a seccomp profile that does not exist");

    expect(await readdir(folder), "files in the folder of the log").to.be.empty;
  },
);

async function kindOf(path: string): Promise<"file" | "folder" | "link" | "nothing" | "something else"> {
  const found = await lstat(path).catch(() => undefined);
  if (!found) return "nothing";
  if (found.isFile()) return "file";
  if (found.isDirectory()) return "folder";
  return found.isSymbolicLink() ? "link" : "something else";
}
