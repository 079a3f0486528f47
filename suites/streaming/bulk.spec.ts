import { createHash, randomBytes, type Hash } from "node:crypto";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { behaviour, expect, sh } from "../../src/harness/index.js";
import { endOf } from "./received.js";
import { serveInPod } from "./servers.js";

/** Many times what any buffer on the way holds, so that only back-pressure gets it through. */
const BULK_BYTES = 50 * 1024 * 1024;

/**
 * Copies so much in few system calls: head takes 4 KiB at a time, and 12,800 calls in a kernel of the sandbox's own on
 * a busy node took more than the two minutes that an ExecSync has.
 */
const COPY_BULK = `dd bs=1M count=${BULK_BYTES / 1024 / 1024} iflag=fullblock 2> /dev/null`;

/** So many random bytes, hashed on their way. */
function randomSource(hash: Hash): Readable {
  const block = randomBytes(64 * 1024);
  let leftBytes = BULK_BYTES;
  return new Readable({
    read() {
      const piece = block.subarray(0, leftBytes);
      leftBytes -= piece.length;
      hash.update(piece);
      this.push(piece.length > 0 ? piece : null);
    },
  });
}

/** Reads a head and then so many bytes, which it hashes: the stream itself may stay open. */
function readHashed(stream: Readable, headBytes: number, sizeBytes: number): Promise<{ head: string; sha256: string }> {
  return new Promise((resolve, reject) => {
    const hash = createHash("sha256");
    let head = "";
    let leftBytes = sizeBytes;
    stream.on("data", (chunk: Buffer) => {
      const cut = Math.min(chunk.length, headBytes - head.length);
      head += chunk.toString("latin1", 0, cut);
      hash.update(chunk.subarray(cut));
      leftBytes -= chunk.length - cut;
      if (leftBytes <= 0)
        resolve({ head, sha256: leftBytes === 0 ? hash.digest("hex") : `${-leftBytes} bytes too many` });
    });
    stream.once("end", () => resolve({ head, sha256: `${leftBytes} bytes too few` }));
    stream.once("error", reject);
  });
}

behaviour(
  "STR-041",
  {
    title: "50 MB of output arrive intact",
    level: "required",
    rpcs: ["Exec"],
    clause: "ExecRequest.stdout: streams all that the command writes, however slowly it is read",
    tags: ["slow"],
  },
  async ({ runtime, streaming }) => {
    const container = await runtime.startContainer();
    const { id } = container;
    const sum = await container.output(sh(`${COPY_BULK} < /dev/urandom > /tmp/bulk; sha256sum < /tmp/bulk`));

    for (const way of await streaming.newestStreamWays(id)) {
      const session = await streaming.exec(id, ["cat", "/tmp/bulk"], { ...way, stdout: true });
      const hash = createHash("sha256");
      await pipeline(session.stdout, hash);

      expect(await session.exit, `end of the session over ${way.name}`).to.have.fields({ kind: "exited", code: 0 });
      expect(`${hash.digest("hex")}  -\n`, `SHA-256 of what arrived over ${way.name}`).to.equal(sum);
    }
  },
);

behaviour(
  "STR-042",
  {
    title: "50 MB of input arrive intact",
    level: "required",
    rpcs: ["Exec"],
    clause: "ExecRequest.stdin: streams all that the client sends, however slowly the command reads",
    tags: ["slow"],
  },
  async ({ runtime, streaming }) => {
    const { id } = await runtime.startContainer();

    for (const way of await streaming.newestStreamWays(id)) {
      const command = sh(`${COPY_BULK} | sha256sum`);
      const session = await streaming.exec(id, command, { ...way, stdin: true, stdout: true });
      const hash = createHash("sha256");
      const [{ stdout }, failure] = await Promise.all([
        endOf(session),
        pipeline(randomSource(hash), session.stdin, { end: session.canHalfClose }).catch((error: Error) => error),
      ]);

      expect(failure?.message, `failure of the input over ${way.name}`).to.equal(undefined);
      expect(stdout, `SHA-256 of what the process read over ${way.name}`).to.equal(`${hash.digest("hex")}  -\n`);
    }
  },
);

behaviour(
  "STR-043",
  {
    title: "50 MB go through a forwarded connection intact, each way",
    level: "required",
    rpcs: ["PortForward"],
    clause: "PortForward: a forwarded connection is one of TCP, which delivers every byte once and in order",
    tags: ["slow"],
  },
  async ({ runtime, streaming }) => {
    const sandbox = await runtime.borrowSandbox();
    await serveInPod(sandbox, 8001, `${COPY_BULK} > /tmp/bulk; sha256sum < /tmp/bulk; cat /tmp/bulk`);

    for (const way of await streaming.newestForwardWays(sandbox.id)) {
      const session = await streaming.portForward(sandbox.id, [8001], way);
      const connection = await session.connect(8001);
      const hash = createHash("sha256");
      const sumBytes = `${"0".repeat(64)}  -\n`.length;
      // The end of the input would be the end of the connection: the server knows how much there is.
      const [back] = await Promise.all([
        readHashed(connection, sumBytes, BULK_BYTES),
        pipeline(randomSource(hash), connection, { end: false }),
      ]);
      const sent = hash.digest("hex");

      expect(back.head, `SHA-256 of what the server read over ${way.name}`).to.equal(`${sent}  -\n`);
      expect(back.sha256, `SHA-256 of what came back over ${way.name}`).to.equal(sent);
      await session.close();
    }
  },
);
