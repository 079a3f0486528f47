import { createHash, randomBytes, type Hash } from "node:crypto";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { behaviour, expect, sh } from "../../src/harness/index.js";
import { endOf, Received } from "./received.js";

/** Many times what any buffer on the way holds, so that only back-pressure gets it through. */
const BULK_BYTES = 50 * 1024 * 1024;

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
    const { id } = await runtime.startContainer();
    const script = `head -c ${BULK_BYTES} /dev/urandom > /tmp/bulk; sha256sum < /tmp/bulk >&2; cat /tmp/bulk`;

    for (const way of await streaming.newestStreamWays(id)) {
      const session = await streaming.exec(id, sh(script), { ...way, stdout: true, stderr: true });
      const stderr = new Received(session.stderr);
      const hash = createHash("sha256");
      await pipeline(session.stdout, hash);

      expect(await session.exit, `end of the session over ${way.name}`).to.have.fields({ kind: "exited", code: 0 });
      await stderr.untilOver();
      expect(`${hash.digest("hex")}  -\n`, `SHA-256 of what arrived over ${way.name}`).to.equal(stderr.text);
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
      const command = sh(`head -c ${BULK_BYTES} | sha256sum`);
      const session = await streaming.exec(id, command, { ...way, stdin: true, stdout: true });
      const hash = createHash("sha256");
      const [{ stdout }] = await Promise.all([
        endOf(session),
        pipeline(randomSource(hash), session.stdin, { end: session.canHalfClose }),
      ]);

      expect(stdout, `SHA-256 of what the process read over ${way.name}`).to.equal(`${hash.digest("hex")}  -\n`);
    }
  },
);
