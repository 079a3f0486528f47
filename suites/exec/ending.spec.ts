import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import {
  answerOf,
  behaviour,
  type Container,
  ContainerState,
  expect,
  expectError,
  RpcError,
  sh,
  until,
} from "../../src/harness/index.js";
import { endOf } from "../streaming/received.js";
import { commandLines } from "./command-lines.js";

/** What exec probes have for an answer by default (Probe.timeoutSeconds). */
const PROBE_MS = 1_000;

/**
 * Runs `call` with a script that leaves a mark when it starts, and with longer and longer timeouts, until one has started
 * within its own. A busy node may not start a command within a second or two (3.2 s were seen with gVisor), and how the
 * runtime ends a command that never ran says nothing.
 */
async function untilStarted(
  container: Container,
  script: string,
  timeoutsS: readonly number[],
  call: (command: string[], timeoutS: number) => Promise<void>,
): Promise<void> {
  let started = false;
  for (const timeoutS of timeoutsS) {
    const mark = `/started-within-${timeoutS}`;
    await call(sh(`echo > ${mark}; ${script}`), timeoutS);
    started = (await container.execSync(["test", "-e", mark])).exitCode === 0;
    if (started) break;
  }
  expect(started, `whether a command started within its timeout of up to ${timeoutsS.at(-1)} s`).to.equal(true);
}

behaviour(
  "EXE-002",
  {
    title: "ExecSync ends a command that exceeds its timeout",
    level: "required",
    rpcs: ["ExecSync"],
    clause: "ExecSyncRequest.timeout: seconds until the command is killed and the call fails",
    critest:
      "[k8s.io] Container runtime should support basic operations on container runtime should support execSync with timeout [Conformance]",
  },
  async ({ runtime, note }) => {
    const container = await runtime.startContainer();

    await untilStarted(container, "exec sleep 4321", [1, 2, 4, 8], async (command, timeoutS) => {
      const startedMs = performance.now();
      const answer = await answerOf(container.execSync(command, { timeoutS }));
      const elapsedMs = performance.now() - startedMs;
      expect(elapsedMs, "duration of ExecSync in ms").to.be.within(timeoutS * 900, timeoutS * 1_000 + 14_000);
      if (answer instanceof RpcError) {
        if (!answer.is("DeadlineExceeded")) note(`the timeout is reported as ${answer.message}`);
      } else expect(answer.exitCode, "ExecSyncResponse.exit_code after the timeout").to.not.equal(0);
      let lines: string[] = [];
      await until(
        "the command to be gone",
        async () => !(lines = await commandLines(container)).some((line) => line.includes("sleep 4321")),
        { timeoutMs: 5_000, seen: () => `the processes ${JSON.stringify(lines)}` },
      );
    });

    expect(await container.status(), "ContainerStatus").to.have.fields({ state: ContainerState.CONTAINER_RUNNING });
  },
);

behaviour(
  "EXE-009",
  {
    title: "ExecSync without a timeout waits for the command, and no longer",
    level: "required",
    rpcs: ["ExecSync"],
    clause: "ExecSyncRequest.timeout: 0 for no limit",
  },
  async ({ runtime }) => {
    const container = await runtime.startContainer();
    const startedMs = performance.now();

    // Longer than the shortest timeout that can be asked for, and than a probe's default of one second.
    const result = await container.execSync(sh("sleep 2; echo done"), { timeoutS: 0 });

    expect(result, "ExecSync").to.have.fields({ stdout: "done\n", exitCode: 0 });
    expect(performance.now() - startedMs, "duration of ExecSync in ms").to.be.at.least(1_900);
    // A probe's timeout is one second by default; the quickest of a few is no matter of a node's load.
    let quickestMs = Infinity;
    for (let tries = 0; tries < 5 && quickestMs >= PROBE_MS; tries++) {
      const calledMs = performance.now();
      await container.output(["/bin/true"]);
      quickestMs = Math.min(quickestMs, performance.now() - calledMs);
    }
    expect(quickestMs, "shortest duration of ExecSync of /bin/true in ms").to.be.below(2 * PROBE_MS);
  },
);

behaviour(
  "EXE-011",
  {
    title: "A child that keeps the command's output open does not hang ExecSync past its timeout",
    level: "recommended",
    rpcs: ["ExecSync"],
    clause: "ExecSyncRequest.timeout: seconds until the command is killed and the call fails",
    tags: ["slow"],
    waits: true,
  },
  async ({ runtime, rpc }) => {
    const container = await runtime.startContainer();

    const short = await container.execSync(sh("sleep 1 & echo hi"), { timeoutS: 10 });

    expect(short, "ExecSync with a child that ends soon").to.have.fields({ stdout: "hi\n", exitCode: 0 });
    await untilStarted(container, "sleep 2147483 & echo hi", [2, 4, 8], async (command, timeoutS) => {
      // The command has ended; what stays is its output. containerd with a drain_exec_sync_io_timeout of 3 s was seen to
      // need 13 s after a timeout of 2 s, and without one, which is its default, to wait for ever.
      const patienceMs = timeoutS * 1_000 + 18_000;
      // The server learns of the call's deadline and may end it a moment before this side's clock is there.
      const deadlineMs = patienceMs + 1_000;
      const startedMs = performance.now();
      const call = rpc.execSync(
        { containerId: container.id, cmd: command, timeout: BigInt(timeoutS) },
        { timeoutMs: deadlineMs },
      );
      // Runtimes are free to call it a success or a timeout, but not to say nothing.
      const { stdout } = await call.catch((error: unknown) => {
        if (error instanceof RpcError) return { stdout: undefined };
        throw error;
      });
      expect(performance.now() - startedMs, "duration of ExecSync with a child that stays, in ms").to.be.below(
        patienceMs,
      );
      if (stdout) expect(Buffer.from(stdout).toString(), "stdout with a child that stays").to.equal("hi\n");
    });
  },
);

behaviour(
  "EXE-017",
  {
    title: "Commands under way end when their container is stopped",
    level: "recommended",
    rpcs: ["ExecSync", "Exec", "StopContainer"],
    clause: "StopContainer: the container has exited when the call has returned, its processes with it",
  },
  async ({ runtime, streaming }) => {
    const container = await runtime.startContainer();
    const [way] = await streaming.newestStreamWays(container.id);
    const call = answerOf(container.execSync(sh("touch /called; exec sleep 3600")));
    const session = await streaming.exec(container.id, sh("touch /streamed; exec sleep 3600"), {
      ...way,
      stdout: true,
    });
    const ending = endOf(session);
    await until("both commands to run", async () => {
      const { exitCode } = await container.execSync(sh("test -e /called && test -e /streamed"));
      return exitCode === 0;
    });

    await container.stop({ gracePeriodS: 1 });
    const stoppedMs = performance.now();
    const answer = await call;
    const { exit } = await ending;

    expect(performance.now() - stoppedMs, "ms from StopContainer's return to the end of both").to.be.below(15_000);
    const exitCode = answer instanceof RpcError ? "an error" : answer.exitCode;
    expect(exitCode, "exit code of ExecSync whose container was stopped").to.not.equal(0);
    const success = exit.kind === "exited" && exit.code === 0;
    expect(success ? "success" : exit.kind, "end of the session whose container was stopped").to.not.equal("success");
    await expectError(container.execSync(["true"]), "any", "ExecSync in the stopped container");
  },
);

behaviour(
  "EXE-018",
  {
    title: "ExecSync works while a container ends gracefully",
    level: "recommended",
    rpcs: ["ExecSync", "StopContainer"],
    clause: "StopContainerRequest.timeout: until the grace period is over the container runs, and probes with it",
    needs: ["node-files"],
  },
  async ({ runtime, tempFolder }) => {
    const folder = await tempFolder("seen");
    const container = await runtime.startContainer({
      // Ends when it is told to, so that it ends neither before the command nor long after.
      command: sh(
        "trap 'touch /seen/term; while [ ! -e /seen/end ]; do sleep 0.1; done; exit 0' TERM; " +
          "touch /seen/ready; while :; do sleep 0.1; done",
      ),
      mounts: [{ containerPath: "/seen", hostPath: folder }],
    });
    await until("the container to be ready", () => existsSync(`${folder}/ready`));
    const stopped = container.stop({ gracePeriodS: 60 });
    await until("the container to get SIGTERM", () => existsSync(`${folder}/term`));

    const answer = await answerOf(container.execSync(["echo", "ok"]));

    await writeFile(`${folder}/end`, "");
    await stopped;
    const seen = answer instanceof RpcError ? answer.message : answer.stdout;
    expect(seen, "stdout of ExecSync during the grace period").to.equal("ok\n");
  },
);
