import { randomBytes } from "node:crypto";
import { lstat, readFile, rename, stat, writeFile } from "node:fs/promises";
import {
  answerOf,
  behaviour,
  expect,
  expectError,
  joinLines,
  parseContainerLog,
  RpcError,
  sh,
  until,
  type LogEntry,
} from "../../src/harness/index.js";
import { finishedLines, logWith, writing } from "./logged.js";

const COUNTER = "i=0; while :; do i=$((i+1)); echo $i; sleep 0.1; done";

behaviour(
  "LOG-003",
  {
    title: "ReopenContainerLog after rename moves new output to a new file",
    level: "required",
    rpcs: ["ReopenContainerLog"],
    clause: "ReopenContainerLog: when it has returned, the log goes to a new file at the log path",
    needs: ["node-files"],
    critest:
      "[k8s.io] Container runtime should support log runtime should support reopening container log [Conformance]",
  },
  async ({ runtime, rpc }) => {
    const container = await runtime.startContainer({ command: sh(COUNTER) });
    await logWith(container, "a line", (log) => finishedLines(log) > 0);
    const rotated = `${container.logFile}.rotated`;

    await rename(container.logFile, rotated);
    await rpc.reopenContainerLog({ containerId: container.id });

    expect(await exists(container.logFile), "a file at the log path when ReopenContainerLog has returned").to.equal(
      true,
    );
    await logWith(container, "a line written after the rotation", (log) => finishedLines(log) > 0);
    const { size } = await stat(rotated);
    // Five more lines take half a second, in which a runtime that writes to both files would show itself.
    const { entries } = await logWith(container, "five more lines", (log) => finishedLines(log) > 5);
    expect((await stat(rotated)).size, "bytes in the renamed file, five lines later").to.equal(size);
    const last = joinLines(parseContainerLog(await readFile(rotated)).entries).at(-1);
    expect(joinLines(entries)[0], `the first line after the rotation, when the last one before was ${last}`).to.equal(
      String(Number(last) + 1),
    );
  },
);

/** As the kubelet keeps by default (containerLogMaxFiles), twice over. */
const ROTATIONS = 10;

behaviour(
  "LOG-004",
  {
    title: "Nothing is lost or duplicated across rotation under load",
    level: "required",
    rpcs: ["ReopenContainerLog"],
    clause: "ReopenContainerLog: every line is in the old file or in the new one",
    needs: ["node-files"],
  },
  async ({ runtime, rpc, tempFolder, note }) => {
    const hostPath = await tempFolder("control");
    const container = await runtime.startContainer({
      command: writing("i=0; while [ ! -e /control/end ]; do i=$((i+1)); echo $i; done; echo end $i"),
      mounts: [{ containerPath: "/control", hostPath }],
    });
    const files: string[] = [];
    for (let rotation = 0; rotation < ROTATIONS; rotation++) {
      await until("the log to grow", async () => (await sizeOf(container.logFile)) > 0);
      const rotated = `${container.logFile}.${rotation}`;
      await rename(container.logFile, rotated);
      files.push(rotated);
      await rpc.reopenContainerLog({ containerId: container.id });
    }
    await writeFile(`${hostPath}/end`, "");
    await logWith(container, "the last line", ({ entries }) => joinLines(entries).at(-1)?.startsWith("end") === true);

    const entries: LogEntry[][] = [];
    for (const file of [...files, container.logFile]) {
      const log = parseContainerLog(await readFile(file));
      expect(log.malformed, `lines of ${file} that are no entries`).to.be.empty;
      expect(log.tail.toString("latin1"), `unfinished entry at the end of ${file}`).to.equal("");
      entries.push(log.entries);
    }
    // Parts of a line may be in two files.
    const lines = joinLines(entries.flat());
    const last = lines.pop();
    expect(last, "last line").to.equal(`end ${lines.length}`);
    const irregular = lines.flatMap((line, index) => (line === `${index + 1}` ? [] : [`line ${index + 1}: ${line}`]));
    expect(irregular.slice(0, 5), "lines that are not one more than the line above (the first five)").to.be.empty;
    note(`${lines.length} lines in ${files.length + 1} files`);
  },
);

behaviour(
  "LOG-005",
  {
    title: "ReopenContainerLog failure does not create a file",
    level: "required",
    rpcs: ["ReopenContainerLog"],
    clause: "ReopenContainerLog: a failed call must not create the file; the kubelet renames the old one back there",
    needs: ["node-files"],
  },
  async ({ runtime, rpc, note }) => {
    const sandbox = await runtime.borrowSandbox();
    const created = await sandbox.createContainer();
    const exited = await sandbox.startContainer({ command: sh("echo line") });
    await exited.exited();

    for (const [state, container] of Object.entries({ created, exited })) {
      const { logFile } = container;
      if (await exists(logFile)) await rename(logFile, `${logFile}.rotated`);

      const answer = await answerOf(rpc.reopenContainerLog({ containerId: container.id }));

      const refused = answer instanceof RpcError;
      note(`${state} container: ${refused ? answer.codeName : "OK"}`);
      expect(
        await exists(logFile),
        `a file at the log path of the ${state} container, call refused: ${refused}`,
      ).to.equal(!refused);
    }
    const unknown = rpc.reopenContainerLog({ containerId: randomBytes(32).toString("hex") });
    await expectError(unknown, "any", "ReopenContainerLog of an unknown container");
  },
);

behaviour(
  "LOG-018",
  {
    title: "ReopenContainerLog is not blocked by an ongoing stop",
    level: "recommended",
    rpcs: ["ReopenContainerLog", "StopContainer"],
    clause: "ReopenContainerLog: applies to a running container, which it is until the stop has ended",
    needs: ["node-files"],
  },
  async ({ runtime, rpc, tempFolder }) => {
    const hostPath = await tempFolder("control");
    const container = await runtime.startContainer({
      command: sh("trap 'echo stopping' TERM; while [ ! -e /control/end ]; do echo tick; sleep 0.1; done"),
      mounts: [{ containerPath: "/control", hostPath }],
    });
    // By its first line the trap is set.
    await logWith(container, "a line", (log) => finishedLines(log) > 0);
    const stop = container.stop({ gracePeriodS: 30 });
    stop.catch(() => undefined); // awaited below, unless the spec ends before
    await logWith(container, "the line that the stop signal causes", ({ entries }) =>
      joinLines(entries).includes("stopping"),
    );

    await rename(container.logFile, `${container.logFile}.rotated`);
    // The stop goes on for the grace period; a call that waits for it misses this deadline by far.
    await rpc.reopenContainerLog({ containerId: container.id }, { timeoutMs: 5_000 });

    await logWith(container, "a line written after the rotation", (log) => finishedLines(log) > 0);
    await writeFile(`${hostPath}/end`, "");
    await stop;
  },
);

const exists = (file: string): Promise<boolean> =>
  lstat(file).then(
    () => true,
    () => false,
  );

const sizeOf = (file: string): Promise<number> =>
  lstat(file).then(
    ({ size }) => size,
    () => 0,
  );
