import { readFile, writeFile } from "node:fs/promises";
import { behaviour, ContainerState, expect, sh } from "../../src/harness/index.js";
import { loggedLines, untilLogged } from "./logged.js";

behaviour(
  "CTR-040",
  {
    title: "A termination message that the container wrote is on the node after its exit",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer", "ContainerStatus"],
    clause:
      "ContainerStatus.mounts: as in the configuration; the kubelet finds the termination message file through it",
    needs: ["node-files"],
  },
  async ({ runtime, tempFolder }) => {
    const containerPath = "/dev/termination-log"; // the kubelet's default, a file in a tmpfs of the runtime's
    const hostPath = `${await tempFolder("termination")}/message`;
    await writeFile(hostPath, "");
    const container = await runtime.startContainer({
      command: sh(`printf boom > ${containerPath}; exit 1`),
      mounts: [{ containerPath, hostPath }],
    });

    const status = await container.exited();

    expect(status, "ContainerStatus").to.have.fields({ exitCode: 1 });
    expect(await readFile(hostPath, "utf8"), "termination message on the node").to.equal("boom");
    const mounts = status.mounts.filter((mount) => mount.containerPath === containerPath);
    expect(
      mounts.map((mount) => mount.hostPath),
      `ContainerStatus.mounts: host_path of ${containerPath}`,
    ).to.deep.equal([hostPath]);
  },
);

behaviour(
  "CTR-041",
  {
    title: "stdin keeps the standard input open, and without it the process reads end of file",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer", "ContainerStatus"],
    clause: "ContainerConfig.stdin: keeps the standard input open for Attach; false gives the process end of file",
  },
  async ({ runtime }) => {
    const sandbox = await runtime.borrowSandbox();
    const command = ["/bin/cat"];
    const open = await sandbox.startContainer({ command, stdin: true });
    const closed = await sandbox.startContainer({ command, stdin: false });

    const status = await closed.exited();

    expect(status, "ContainerStatus of cat without stdin").to.have.fields({ exitCode: 0 });
    // Started before the other, it would have met an end of file by now.
    expect(await open.status(), "ContainerStatus of cat with stdin").to.have.fields({
      state: ContainerState.CONTAINER_RUNNING,
    });
  },
);

behaviour(
  "CTR-042",
  {
    title: "tty gives the process a terminal, and without it there is none",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer"],
    clause: "ContainerConfig.tty: gives the process a terminal; its output is then all stdout",
    needs: ["node-files"],
  },
  async ({ runtime }) => {
    const sandbox = await runtime.borrowSandbox();
    const command = sh(
      'for fd in 0 1 2; do [ -t $fd ] && echo "$fd: terminal"; done; echo "TERM=$TERM"; echo error >&2; echo end; ' +
        'trap "exit 0" TERM; sleep 2147483 & wait',
    );
    const [terminal, plain] = await Promise.all([
      sandbox.startContainer({ command, tty: true, stdin: true }),
      sandbox.startContainer({ command, tty: false, stdin: true }),
    ]);
    await Promise.all([untilLogged(terminal, "end"), untilLogged(plain, "end")]);

    expect(await loggedLines(terminal), "lines of the log of a container with a terminal").to.deep.equal([
      "0: terminal",
      "1: terminal",
      "2: terminal",
      "TERM=xterm",
      "error",
      "end",
    ]);
    const { entries } = await terminal.log();
    const streams = [...new Set(entries.map(({ stream }) => stream))];
    expect(streams, "streams of the log of a container with a terminal").to.deep.equal(["stdout"]);
    const without = (await loggedLines(plain)).filter((line) => line.endsWith("terminal"));
    expect(without, "terminals of a container without one").to.be.empty;
  },
);
