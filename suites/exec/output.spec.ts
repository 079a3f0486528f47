import { createHash, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { answerOf, behaviour, expect, RpcError, sh } from "../../src/harness/index.js";

const MIB = 1024 * 1024;

/** Stands for bytes in an expectation: a failure shows the length, not megabytes. */
const digest = (bytes: Buffer): string =>
  `${bytes.length} bytes, SHA-256 ${createHash("sha256").update(bytes).digest("hex")}`;

behaviour(
  "EXE-007",
  {
    title: "ExecSync returns large output whole, and cuts it at 16 MiB without failing the command",
    level: "required",
    rpcs: ["ExecSync"],
    clause:
      "ExecSyncResponse.stdout, stderr: the first 16 MiB; what exceeds them is thrown away while the command goes on",
    needs: ["node-files"],
    // Handlers that copy each byte through a kernel of their own need half a minute.
    timeoutMs: 180_000,
  },
  async ({ runtime, tempFolder, note }) => {
    const folder = await tempFolder("input");
    const bytes = randomBytes(8 * MIB);
    await writeFile(`${folder}/bytes`, bytes);
    const container = await runtime.startContainer({ mounts: [{ containerPath: "/input", hostPath: folder }] });

    const whole = await container.execSync(["cat", "/input/bytes"]);

    expect(digest(whole.stdoutBytes), "stdout of 8 MiB").to.equal(digest(bytes));
    for (const stream of ["stdout", "stderr"] as const) {
      const redirect = stream === "stderr" ? ">&2" : "";
      const answer = await answerOf(
        container.execSync(sh(`head -c ${20 * MIB} /dev/zero ${redirect}; touch /ended-${stream}`)),
      );
      if (answer instanceof RpcError && answer.is("ResourceExhausted")) {
        // With 16 MiB of output the reply exceeds 16 MiB, the usual limit of a gRPC server's messages.
        note(`20 MiB on ${stream}: the runtime cannot send its own reply: ${answer.message}`);
      } else if (answer instanceof RpcError) {
        throw answer;
      } else {
        expect(answer.exitCode, `exit code after 20 MiB on ${stream}`).to.equal(0);
        expect(answer[`${stream}Bytes`].length, `bytes kept of 20 MiB on ${stream}`).to.be.within(8 * MIB, 16 * MIB);
      }
      const ended = await container.execSync(["test", "-e", `/ended-${stream}`]);
      expect(ended.exitCode, `exit code of looking for what the command did after 20 MiB on ${stream}`).to.equal(0);
    }
  },
);

behaviour(
  "EXE-008",
  {
    title: "ExecSync returns bytes as they are",
    level: "required",
    rpcs: ["ExecSync"],
    clause: "ExecSyncResponse.stdout, stderr: bytes, not text",
    needs: ["node-files"],
  },
  async ({ runtime, tempFolder }) => {
    const folder = await tempFolder("input");
    // Each byte value after each other one: line ends, NUL and whatever is no UTF-8.
    const bytes = Buffer.from(Array.from({ length: 256 * 256 }, (_, n) => [n >> 8, n & 0xff]).flat());
    await writeFile(`${folder}/bytes`, bytes);
    const container = await runtime.startContainer({ mounts: [{ containerPath: "/input", hostPath: folder }] });

    const { stdoutBytes, stderrBytes } = await container.execSync(sh("cat /input/bytes; cat /input/bytes >&2"));

    expect(digest(stdoutBytes), "stdout").to.equal(digest(bytes));
    expect(digest(stderrBytes), "stderr").to.equal(digest(bytes));
  },
);

behaviour(
  "EXE-015",
  {
    title: "ExecSync in a container with a terminal returns output that no terminal has touched",
    level: "recommended",
    rpcs: ["ExecSync"],
    clause: "ExecSync: the command has no terminal, whatever the container has",
  },
  async ({ runtime }) => {
    const container = await runtime.startContainer({ tty: true, stdin: true });

    const result = await container.execSync(sh("echo hello; echo error >&2; [ -t 1 ] && echo terminal; true"));

    expect(result, "ExecSync").to.have.fields({ stdout: "hello\n", stderr: "error\n", exitCode: 0 });
  },
);

behaviour(
  "EXE-016",
  {
    title: "Many commands at once in one container do not mix",
    level: "required",
    rpcs: ["ExecSync"],
    clause: "ExecSyncResponse: what this command wrote and ended with; the kubelet runs probes side by side",
  },
  async ({ runtime }) => {
    const container = await runtime.startContainer();
    // More than the kubelet's probes and hooks of a container ever are; some shims need half a minute for 32.
    const indexes = Array.from({ length: 16 }, (_, index) => index);

    const results = await Promise.all(
      indexes.map((index) => container.execSync(sh(`seq 1000 | sed s/.*/${index}/; exit ${index % 5}`))),
    );

    for (const index of indexes) {
      const result = results[index];
      const lines = result?.stdout.split("\n").slice(0, -1) ?? [];
      expect([...new Set(lines)], `different lines of command ${index}`).to.deep.equal([`${index}`]);
      expect(lines.length, `number of lines of command ${index}`).to.equal(1000);
      expect(result?.exitCode, `exit code of command ${index}`).to.equal(index % 5);
    }
  },
);
