import {
  behaviour,
  ContainerState,
  expect,
  NamespaceMode,
  sh,
  untilMainProcessRuns,
  type ContainerStatus,
} from "../../src/harness/index.js";
import { listedContainers } from "./listed.js";

/** Process 1 of its namespace that no SIGTERM ends. */
const STUBBORN = sh("trap '' TERM; while :; do sleep 1; done");

behaviour(
  "CTR-010",
  {
    title: "The exit code of a container is reported as it was, with a reason",
    level: "required",
    rpcs: ["ContainerStatus"],
    clause: "ContainerStatus.exit_code, reason: what the process ended with, and one word for it",
  },
  async ({ runtime, note }) => {
    const sandbox = await runtime.borrowSandbox();
    const codes = [0, 1, 42, 125, 126, 127, 255];

    const statuses = await Promise.all(
      codes.map(async (code) => {
        const container = await sandbox.startContainer({ command: sh(`exit ${code}`) });
        return container.exited();
      }),
    );

    for (const [index, code] of codes.entries()) {
      const { exitCode, reason, startedAt, finishedAt } = statuses[index] as ContainerStatus;
      const subject = `of a container that ended with ${code}`;
      expect(exitCode, `ContainerStatus.exit_code ${subject}`).to.equal(code);
      // Not their order: a process may end before the runtime has taken the time of its start.
      expect(Number(startedAt), `ContainerStatus.started_at ${subject}`).to.be.above(0);
      expect(Number(finishedAt), `ContainerStatus.finished_at ${subject}`).to.be.above(0);
      expect(reason, `ContainerStatus.reason ${subject}`).to.not.be.oneOf(["", "OOMKilled"]);
      const usual = code === 0 ? "Completed" : "Error";
      if (reason !== usual) note(`exit code ${code} has the reason "${reason}"; kubectl's users know "${usual}"`);
    }
  },
);

behaviour(
  "CTR-011",
  {
    title: "Death by signal is reported as 128 plus the signal's number",
    level: "required",
    rpcs: ["ContainerStatus", "StopContainer"],
    clause: "ContainerStatus.exit_code: 128 + n after death by signal n",
  },
  async ({ runtime }) => {
    // Signals with their default effect end no process 1, so these share the pod's process namespace.
    const pod = { linux: { securityContext: { namespaceOptions: { pid: NamespaceMode.POD } } } };
    const [shared, own] = await Promise.all([runtime.runSandbox(pod), runtime.borrowSandbox()]);
    const [killed, terminated, stubborn] = await Promise.all([
      shared.startContainer({ command: sh("kill -KILL $$") }),
      shared.startContainer({ command: sh("kill -TERM $$") }),
      own.startContainer({ command: STUBBORN }),
    ]);

    // The runtime's init, which it may still be, has signal handling of its own.
    await untilMainProcessRuns(stubborn);
    await stubborn.stop({ gracePeriodS: 1 });

    const statuses = [
      { who: "a process that got SIGKILL", status: await killed.exited(), exitCode: 137 },
      { who: "a process that got SIGTERM", status: await terminated.exited(), exitCode: 143 },
      { who: "a process killed after the grace period", status: await stubborn.status(), exitCode: 137 },
    ];
    for (const { who, status, exitCode } of statuses) {
      expect(status, `ContainerStatus of ${who}`).to.have.fields({
        state: ContainerState.CONTAINER_EXITED,
        exitCode,
      });
      expect(Number(status.finishedAt), `ContainerStatus.finished_at of ${who}`).to.be.above(0);
    }
  },
);

const MS_PER_NS = 1e-6;

/** Milliseconds since the epoch of one of a status's timestamps. */
const epochMs = (timestampNs: bigint): number => Number(timestampNs) * MS_PER_NS;

behaviour(
  "CTR-012",
  {
    title: "Container timestamps are wall clock nanoseconds, in order, and final",
    level: "required",
    rpcs: ["ContainerStatus", "ListContainers", "StopContainer"],
    clause: "ContainerStatus.created_at, started_at, finished_at: nanoseconds since the epoch",
    needs: ["node-files"],
  },
  async ({ runtime, rpc }) => {
    // A runtime may take its times from the shim or the guest a moment before or after the call.
    const slackMs = 1_000;
    const sandbox = await runtime.runSandbox();
    const beforeCreateMs = Date.now();
    const container = await sandbox.createContainer({ command: ["/bin/sleep", "1"] });
    const beforeStartMs = Date.now();
    await container.start();
    const afterStartMs = Date.now();

    const ended = await container.exited();

    const { createdAt, startedAt, finishedAt } = ended;
    expect(epochMs(createdAt), "ContainerStatus.created_at in ms").to.be.within(
      beforeCreateMs - slackMs,
      beforeStartMs + slackMs,
    );
    expect(epochMs(startedAt), "ContainerStatus.started_at in ms").to.be.within(
      beforeStartMs - slackMs,
      afterStartMs + slackMs,
    );
    expect(Number(startedAt - createdAt), "ns between created_at and started_at").to.be.at.least(0);
    // The process sleeps for one second; starting it and noticing its end come on top. A runtime may take the time of the
    // start when its call ends, and the process has slept since any moment of it: 0.6 s were left with gVisor on a busy node,
    // of a call that took 5 s.
    const leastMs = Math.max(0, 800 - (afterStartMs - beforeStartMs));
    expect(epochMs(finishedAt - startedAt), "ms between started_at and finished_at").to.be.within(leastMs, 8_000);
    const [listed] = await listedContainers(rpc, { id: container.id });
    expect(listed, "the listed container").to.have.fields({ createdAt });

    await container.stop();
    await sandbox.stop();

    const { exitCode, reason } = ended;
    expect(await container.status(), "ContainerStatus after StopContainer and StopPodSandbox").to.have.fields({
      createdAt,
      startedAt,
      finishedAt,
      exitCode,
      reason,
    });
  },
);

behaviour(
  "CTR-043",
  {
    title: "A very short-lived container is reported as EXITED with its code, not lost",
    level: "required",
    rpcs: ["StartContainer", "ContainerStatus"],
    clause: "StartContainer: OK for a container that has already ended when the call returns",
    // Sixteen containers take a sandboxing handler on a busy node half a minute.
    timeoutMs: 180_000,
  },
  async ({ runtime }) => {
    const sandbox = await runtime.borrowSandbox();
    // The exit may overtake the start in many places; sixteen, some side by side, visit enough of them.
    const rounds = Array.from({ length: 4 }, () => [0, 1, 0, 1]);

    for (const codes of rounds) {
      await Promise.all(
        codes.map(async (code) => {
          const container = await sandbox.startContainer({ command: [code === 0 ? "/bin/true" : "/bin/false"] });
          const status = await container.exited({ timeoutMs: 10_000 });
          expect(status, "ContainerStatus of a short-lived container").to.have.fields({ exitCode: code });
          expect(Number(status.startedAt), "ContainerStatus.started_at").to.be.above(0);
          expect(Number(status.finishedAt), "ContainerStatus.finished_at").to.be.above(0);
        }),
      );
    }
  },
);
