import { behaviour, expect, sh } from "../../src/harness/index.js";
import { endOf, Received, untilAnswered } from "./received.js";

/** Prints each size that the terminal takes, and exits at the last one. Resizing is not synchronous: it waits. */
const TELL_SIZES = sh(
  'last=; while :; do size=$(stty size 2>&1); [ "$size" = "$last" ] || echo "size $size"; last=$size; ' +
    '[ "$size" = "40 100" ] && exit 0; sleep 0.05; done',
);

behaviour(
  "STR-002",
  {
    title: "Exec with a terminal and stdin streams what the terminal shows",
    level: "required",
    rpcs: ["Exec"],
    clause: "ExecRequest.tty: the command runs in a terminal, and all its output is stdout",
    critest:
      "[k8s.io] Streaming runtime should support streaming interfaces runtime should support exec with tty=true and stdin=true [Conformance]",
  },
  async ({ runtime, streaming }) => {
    const { id } = await runtime.startContainer();

    for (const way of await streaming.newestStreamWays(id)) {
      const command = sh("printf hello; printf ' world' >&2");
      const session = await streaming.exec(id, command, { ...way, stdin: true, stdout: true, tty: true });

      const { stdout, exit } = await endOf(session);
      expect(stdout, `stdout over ${way.name}`).to.equal("hello world");
      expect(exit, `end of the session over ${way.name}`).to.have.fields({ kind: "exited", code: 0 });
    }
  },
);

behaviour(
  "STR-020",
  {
    title: "The terminal of an exec takes the sizes that the client tells",
    level: "required",
    rpcs: ["Exec"],
    clause: "v3.channel.k8s.io and later: the resize stream carries sizes; one of 0 is none",
  },
  async ({ runtime, streaming }) => {
    const { id } = await runtime.startContainer();

    for (const way of await streaming.newestStreamWays(id)) {
      const session = await streaming.exec(id, TELL_SIZES, { ...way, stdin: true, stdout: true, tty: true });
      expect(session.canResize, `whether ${way.name} can resize`).to.equal(true);
      const output = new Received(session.stdout);

      await session.resize(123, 45);
      await output.untilHolding("size 45 123");
      await session.resize(0, 0);
      await session.resize(100, 40);
      await output.untilHolding("size 40 100");

      const sizes = output.lines.slice(output.lines.indexOf("size 45 123"));
      expect(sizes, `sizes over ${way.name}, after 0x0 as well`).to.deep.equal(["size 45 123", "size 40 100"]);
    }
  },
);

behaviour(
  "STR-021",
  {
    title: "A terminal of an exec is one: on all three files, line ends, TERM and the interrupt character",
    level: "required",
    rpcs: ["Exec"],
    clause: "ExecRequest.tty: the command runs in a terminal",
    // Where ^C is ignored, waiting longer says no more.
    timeoutMs: 30_000,
  },
  async ({ runtime, streaming, note }) => {
    const { id } = await runtime.startContainer();

    for (const way of await streaming.newestStreamWays(id)) {
      const command = sh('[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo yes; tty; echo "TERM=$TERM"; exec sleep 1000');
      const session = await streaming.exec(id, command, { ...way, stdin: true, stdout: true, tty: true });
      const output = new Received(session.stdout);
      await output.untilHolding("TERM=");
      // Without a name in the container's own /dev, as in gVisor, it is a terminal all the same.
      note(`the terminal over ${way.name} is ${output.lines[1] ?? ""}`);
      session.stdin.write("\x03");

      // 128 and SIGINT; a runtime that ignores the character leaves the command there for its 1000 s.
      expect(await session.exit, `end after ^C over ${way.name}`).to.have.fields({ kind: "exited", code: 130 });
      expect(output.text, `terminal over ${way.name}`).to.match(/^yes\r\n.*\r\nTERM=\w+.*\r\n/);
    }
  },
);

behaviour(
  "STR-030",
  {
    title: "Attaching to a container with a terminal is a session at that terminal",
    level: "required",
    rpcs: ["Attach"],
    clause: "AttachRequest.tty: must be as in the container; input is echoed, and sizes are taken",
  },
  async ({ runtime, streaming, note }) => {
    const sandbox = await runtime.borrowSandbox();
    const probe = await sandbox.startContainer();

    for (const way of await streaming.newestAttachWays(probe.id)) {
      const [shell, sizes] = await Promise.all([
        sandbox.startContainer({ command: ["/bin/sh"], stdin: true, tty: true }),
        sandbox.startContainer({ command: TELL_SIZES, stdin: true, tty: true }),
      ]);
      const flags = { ...way, stdin: true, stdout: true, tty: true };
      const session = await streaming.attach(shell.id, flags);
      const output = new Received(session.stdout);
      await untilAnswered(session, output, { input: "echo $((6*7))\r", answer: "\r\n42\r\n", note });
      expect(output.text, `what the terminal showed over ${way.name}`).to.include("echo $((6*7))");

      const other = await streaming.attach(sizes.id, flags);
      const told = new Received(other.stdout);
      await other.resize(123, 45);
      await told.untilHolding("size 45 123");
    }
  },
);
