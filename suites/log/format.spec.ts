import { behaviour, expect, joinLines, sh, timestampNs } from "../../src/harness/index.js";
import { contents, logOf, logWith, writing } from "./logged.js";

behaviour(
  "LOG-001",
  {
    title: "stdout of a container is written to log_directory/log_path in CRI format",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer", "ContainerStatus"],
    clause: "ContainerConfig.log_path: the kubelet reads lines of timestamp, stream, tag and content from this file",
    needs: ["node-files"],
    critest:
      "[k8s.io] Container runtime should support log runtime should support starting container with log [Conformance]",
  },
  async ({ runtime, note }) => {
    const container = await runtime.startContainer({ command: writing("echo hello World") });

    const log = await logOf(container, 1);

    expect(contents(log), "entries of the log").to.deep.equal(["stdout F hello World"]);
    expect(log.malformed, "lines that are no entries").to.be.empty;
    if (log.format !== "CRI") note(`the log has the format ${log.format}, which the kubelet reads as well`);
  },
);

behaviour(
  "LOG-006",
  {
    title: "A line without trailing newline is flagged partial",
    level: "required",
    rpcs: ["StartContainer"],
    clause: "log entry tag: P where the line goes on, F where it ends",
    needs: ["node-files"],
  },
  async ({ runtime }) => {
    const sandbox = await runtime.borrowSandbox();
    // Without the newline only the end of the stream tells that the line ends; by then the text has arrived.
    const open = await sandbox.startContainer({ command: sh("printf abcd; sleep 0.2") });
    const closed = await sandbox.startContainer({ command: writing("printf 'abc\\n'") });

    await open.exited();
    const openLog = await logWith(open, "an entry", ({ entries }) => entries.length > 0);

    // A runtime may end the line when the stream ends.
    expect(contents(openLog).join(", "), "entries of a line without newline").to.be.oneOf([
      "stdout P abcd",
      "stdout P abcd, stdout F ",
    ]);
    expect(contents(await logOf(closed, 1)), "entries of a line with newline").to.deep.equal(["stdout F abc"]);
  },
);

behaviour(
  "LOG-009",
  {
    title: "stderr is tagged stderr and both streams share one file",
    level: "required",
    rpcs: ["StartContainer"],
    clause: "log entry stream: stdout or stderr, in one file",
    needs: ["node-files"],
  },
  async ({ runtime }) => {
    const container = await runtime.startContainer({ command: writing("echo o; echo e >&2") });

    const log = await logOf(container, 2);

    expect(contents(log), "entries of the log").to.have.members(["stdout F o", "stderr F e"]);
  },
);

behaviour(
  "LOG-011",
  {
    title: "A tty container logs everything as stdout",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer"],
    clause: "ContainerConfig.tty: a terminal has one output",
    needs: ["node-files"],
  },
  async ({ runtime }) => {
    const container = await runtime.startContainer({ tty: true, command: writing("echo o; echo e >&2") });

    const log = await logOf(container, 2);

    // A terminal writes a carriage return before each newline.
    const lines = contents(log).map((line) => line.replace(/\r$/, ""));
    expect(lines, "entries of the log").to.deep.equal(["stdout F o", "stdout F e"]);
  },
);

/** Allows for the whole seconds that the container prints, for a buffer on the way and for a loaded node. */
const CLOCK_TOLERANCE_S = 3;

behaviour(
  "LOG-012",
  {
    title: "Timestamps are RFC3339Nano, non-decreasing and near wall clock",
    level: "required",
    rpcs: ["StartContainer"],
    clause: "log entry timestamp: RFC3339Nano; the kubelet selects lines by it (sinceTime)",
    needs: ["node-files"],
  },
  async ({ runtime }) => {
    const container = await runtime.startContainer({
      command: writing("for i in 1 2 3 4 5 6 7 8 9 10; do date +%s; sleep 0.1; done"),
    });

    const { entries } = await logOf(container, 10);

    for (const { timestamp, content } of entries) {
      expect(timestamp, "timestamp").to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}(Z|[+-]\d\d:\d\d)$/);
      expect(
        Number(timestampNs(timestamp)) / 1e9,
        `${timestamp} in s, of a line written at ${content.toString()}`,
      ).to.be.closeTo(Number(content), CLOCK_TOLERANCE_S);
    }
    const times = entries.map(({ timestamp }) => timestampNs(timestamp));
    const backwards = times.filter((time, index) => time < (times[index - 1] ?? 0n));
    expect(backwards, "timestamps before that of the line above").to.be.empty;
  },
);

behaviour(
  "LOG-013",
  {
    title: "Empty lines and blank content are kept",
    level: "required",
    rpcs: ["StartContainer"],
    clause: "log entry content: what the container wrote, after exactly one blank",
    needs: ["node-files"],
  },
  async ({ runtime }) => {
    const container = await runtime.startContainer({ command: writing("printf 'a\\n\\n b\\n'") });

    const log = await logOf(container, 3);

    expect(contents(log), "entries of the log").to.deep.equal(["stdout F a", "stdout F ", "stdout F  b"]);
  },
);

behaviour(
  "LOG-019",
  {
    title: "Binary and invalid UTF-8 output passes through",
    level: "recommended",
    rpcs: ["StartContainer"],
    clause: "log entry content: the bytes that the container wrote, whatever they are",
    needs: ["node-files"],
  },
  async ({ runtime }) => {
    const container = await runtime.startContainer({ command: writing("printf '\\000\\377\\376\\n'; echo end") });

    const { entries } = await logOf(container, 2);

    expect(joinLines(entries), "number of lines").to.have.lengthOf(2);
    expect(entries[0]?.content.toString("hex"), "bytes of the first line").to.equal("00fffe");
  },
);
