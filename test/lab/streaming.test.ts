import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import {
  SPDY_STREAM_PROTOCOLS,
  UnsupportedByProtocolError,
  UpgradeRefusedError,
  WEBSOCKET_PORT_FORWARD_PROTOCOLS,
  WEBSOCKET_STREAM_PROTOCOLS,
  type PortForwardOptions,
  type StreamSession,
  type StreamSessionOptions,
} from "../../src/streaming/index.js";
import { waitUntil } from "../../src/support/wait-until.js";
import { readBytes } from "../support/read-bytes.js";
import { rejection } from "../support/rejection.js";
import { StreamingPod } from "./streaming-pod.js";
import { containerdFolders } from "../support/containerd-folders.js";

const MIB = 1024 * 1024;
const BULK_BYTES = 50 * MIB;
/** Reading 50 MB from a plain socket makes V8 hold up to 40 MB of buffers before it collects them. */
const MAX_GROWTH_BYTES = 50 * MIB;

type Way = Pick<StreamSessionOptions, "transport" | "protocols">;
const EXEC_CELLS: Way[] = [
  ...SPDY_STREAM_PROTOCOLS.map((protocol): Way => ({ transport: "spdy", protocols: [protocol] })),
  ...WEBSOCKET_STREAM_PROTOCOLS.map((protocol): Way => ({ transport: "websocket", protocols: [protocol] })),
];
type ForwardWay = Pick<PortForwardOptions, "transport" | "protocols">;
const FORWARD_CELLS: ForwardWay[] = [
  { transport: "spdy" },
  ...WEBSOCKET_PORT_FORWARD_PROTOCOLS.map((protocol): ForwardWay => ({
    transport: "websocket",
    protocols: [protocol],
  })),
  { transport: "spdy-over-websocket" },
];
const nameOf = ({ transport, protocols }: Way | ForwardWay) => [transport, ...(protocols ?? [])].join(" ");

for (const containerdFolder of [undefined, ...containerdFolders]) {
  describe(`streaming with the containerd of ${containerdFolder ?? "this host"}`, function () {
    this.timeout(120_000);
    let pod: StreamingPod;

    before(async function () {
      if (process.getuid?.() !== 0) this.skip();
      pod = await StreamingPod.start(containerdFolder);
    });
    after(async () => {
      await pod?.[Symbol.asyncDispose]();
    });

    /** The session, or the refusal of a runtime that does not know the protocol; any other failure is one. */
    async function offered<T>(way: Way | ForwardWay, opening: Promise<T>): Promise<T | UpgradeRefusedError> {
      try {
        return await opening;
      } catch (error) {
        if (!(error instanceof UpgradeRefusedError) || error.refusal.statusCode !== 403) throw error;
        // Who refuses a protocol and names it among those it accepts was asked for it in a wrong way.
        for (const protocol of way.protocols ?? []) expect(error.refusal.acceptedProtocols).not.to.include(protocol);
        return error;
      }
    }

    /** The session; where the runtime refuses the cell, the test is skipped with the refusal in its title. */
    async function sessionOrSkip<T>(test: Mocha.Context, way: Way | ForwardWay, opening: Promise<T>): Promise<T> {
      const answer = await offered(way, opening);
      if (!(answer instanceof UpgradeRefusedError)) return answer;
      test.runnable().title += ` (${answer.message})`; // mocha drops the reason of a skip
      return test.skip();
    }

    it("offers SPDY v4 and WebSocket v4 at least", async () => {
      const seen: string[] = [];
      for (const cell of EXEC_CELLS) {
        const session = await offered(cell, pod.exec(["true"], { ...cell, stdout: true }));
        if (session instanceof UpgradeRefusedError) continue;
        seen.push(nameOf(cell));
        session.abort();
      }
      expect(seen).to.include.members(["spdy v4.channel.k8s.io", "websocket v4.channel.k8s.io"]);
    });

    for (const cell of EXEC_CELLS) {
      const hasStatus = /^v[45]/.test(cell.protocols?.[0] ?? "");

      describe(`exec over ${nameOf(cell)}`, () => {
        const exec = (test: Mocha.Context, cmd: string[], flags: Partial<StreamSessionOptions>) =>
          sessionOrSkip(test, cell, pod.exec(cmd, { ...cell, ...flags }));

        it("keeps the outputs apart and tells the exit code", async function () {
          const session = await exec(this, ["sh", "-c", "printf o; printf e >&2; exit 7"], {
            stdout: true,
            stderr: true,
          });
          expect(await Promise.all([text(session.stdout), text(session.stderr)])).to.deep.equal(["o", "e"]);
          const exit = await session.exit;
          if (hasStatus) expect(exit).to.include({ kind: "exited", code: 7 });
          else expect(exit.kind).to.be.oneOf(["failed", "silent"]);
          expect(await session.closed).to.deep.equal({ by: "peer" });
        });

        it("ends stdin alone, or says that it cannot", async function () {
          const session = await exec(this, ["cat"], { stdin: true, stdout: true });
          session.stdin.write("through cat");
          expect(String(await readBytes(session.stdout, 11))).to.equal("through cat");
          if (session.canHalfClose) {
            await session.closeStdin();
            expect((await session.exit).kind).to.equal(hasStatus ? "exited" : "silent");
          } else {
            expect(await rejection(session.closeStdin())).to.be.instanceOf(UnsupportedByProtocolError);
            await session.close();
          }
        });

        it("resizes a terminal, where the protocol can", async function () {
          const untilResized = 'until [ "$(stty size 2>/dev/null)" = "33 77" ]; do sleep 0.05; done; stty size';
          const session = await exec(this, ["sh", "-c", untilResized], { stdin: true, stdout: true, tty: true });
          if (!session.canResize) {
            session.abort();
            this.skip();
          }
          await session.resize(77, 33);
          expect(await text(session.stdout)).to.equal("33 77\r\n");
        });
      });
    }

    for (const transport of ["spdy", "websocket"] as const) {
      describe(`50 MB over ${transport}`, () => {
        it("come through stdout intact", () =>
          withinMemory(async () => {
            const make = `head -c ${BULK_BYTES} /dev/urandom > /tmp/${transport}; sha256sum < /tmp/${transport} >&2; cat /tmp/${transport}`;
            const session = await pod.exec(["sh", "-c", make], { transport, stdout: true, stderr: true });
            const [seen, sum] = await Promise.all([digest(session.stdout), text(session.stderr)]);
            expect(seen).to.deep.equal({ sizeBytes: BULK_BYTES, sha256: sum.split(" ")[0] });
            expect(await session.exit).to.include({ kind: "exited", code: 0 });
          }));

        it("come through stdin intact", () =>
          withinMemory(async () => {
            const sum = ["sh", "-c", `head -c ${BULK_BYTES} | sha256sum`];
            const session = await pod.exec(sum, { transport, stdin: true, stdout: true });
            const source = new RandomSource(BULK_BYTES);
            await pipeline(source, session.stdin, { end: session.canHalfClose });
            expect((await text(session.stdout)).split(" ")[0]).to.equal(source.sha256());
          }));

        it("come through port-forward intact, both ways", () =>
          withinMemory(async () => {
            const port = await freePort();
            const listen = `nc -ll -p ${port} -e sh -c 'head -c ${BULK_BYTES} | tee /tmp/up | sha256sum; cat /tmp/up'`;
            await pod.run(["sh", "-c", listen]);
            await waitUntil(() => isListening(port), { description: `port ${port} to listen`, timeoutMs: 10_000 });
            const session = await pod.portForward({ transport, ports: [port] });
            const connection = await session.connect(port);
            const source = new RandomSource(BULK_BYTES);
            const sumBytes = 64 + "  -\n".length;
            const seen = digestAfter(connection, sumBytes, BULK_BYTES);
            await pipeline(source, connection, { end: false });
            const { head, sha256 } = await seen;
            expect(head.slice(0, 64)).to.equal(sha256);
            expect(sha256).to.equal(source.sha256());
            await session.close();
          }));
      });

      it(`attaches over ${transport}`, async () => {
        const container = await pod.run(["sh"], { stdin: true, stdinOnce: true });
        const session = await pod.attach(container, { transport, stdin: true, stdout: true, stderr: true });
        session.stdin.write("echo out; echo err >&2\n");
        const outputs = [readBytes(session.stdout, 4), readBytes(session.stderr, 4)];
        expect((await Promise.all(outputs)).map(String)).to.deep.equal(["out\n", "err\n"]);
        if (session.canHalfClose) {
          await session.closeStdin();
          expect(await session.closed).to.deep.equal({ by: "peer" });
        } else {
          await session.close();
        }
      });
    }

    it("attaches to a terminal and resizes it", async () => {
      const container = await pod.run(["sh"], { stdin: true, tty: true });
      const session: StreamSession = await pod.attach(container, {
        transport: "spdy",
        stdin: true,
        stdout: true,
        tty: true,
      });
      await session.resize(90, 20);
      session.stdin.write('until [ "$(stty size 2>/dev/null)" = "20 90" ]; do sleep 0.05; done; echo $((6*7)); exit\r');
      expect(await text(session.stdout)).to.match(/\r\n42\r\n/);
    });

    for (const way of FORWARD_CELLS) {
      describe(`port-forward over ${nameOf(way)}`, () => {
        it("keeps connections of one session apart", async function () {
          await using first = await serve((socket) => void socket.write("one"));
          await using second = await serve((socket) => void socket.write("two"));
          const ports = [first.port, second.port];
          const session = await sessionOrSkip(this, way, pod.portForward({ ...way, ports }));
          const connections = await Promise.all(ports.map((port) => session.connect(port)));
          const greetings = await Promise.all(connections.map((connection) => readBytes(connection, 3)));
          expect(greetings.map(String)).to.deep.equal(["one", "two"]);
          await session.close();
        });

        it("reports a refused port and goes on", async function () {
          await using server = await serve((socket) => void socket.write("still here"));
          const refusedPort = await freePort();
          const ports = [refusedPort, server.port];
          const session = await sessionOrSkip(this, way, pod.portForward({ ...way, ports }));
          const refused = await session.connect(refusedPort);
          refused.resume();
          if (session.transport === "spdy") {
            expect(await refused.errorText).to.contain("refused");
          } else {
            // Over WebSocket the text ends with the session, which must not come before it.
            await waitUntil(() => refused.hasErrorText, { description: "the refused port's error", timeoutMs: 10_000 });
          }
          const other = await session.connect(server.port);
          expect(String(await readBytes(other, 10))).to.equal("still here");
          await session.close();
          if (session.transport === "websocket") expect(await refused.errorText).to.contain(String(refusedPort));
        });
      });
    }

    it("carries 100 connections at once over one SPDY session", async () => {
      await using server = await serve((socket) => void socket.pipe(socket));
      const session = await pod.portForward({ transport: "spdy" });
      await Promise.all(
        Array.from({ length: 100 }, async (_, index) => {
          const connection = await session.connect(server.port);
          const sent = Buffer.alloc(100_000, index);
          connection.write(sent);
          expect((await readBytes(connection, sent.length)).equals(sent)).to.equal(true);
          connection.destroy();
        }),
      );
      await session.close();
    });
  });
}

/** Runs a transfer and watches how far the process grows meanwhile. */
async function withinMemory(transfer: () => Promise<void>): Promise<void> {
  const baselineBytes = process.memoryUsage().rss;
  let peakBytes = baselineBytes;
  const timer = setInterval(() => (peakBytes = Math.max(peakBytes, process.memoryUsage().rss)), 5);
  try {
    await transfer();
  } finally {
    clearInterval(timer);
  }
  expect(peakBytes - baselineBytes).to.be.lessThan(MAX_GROWTH_BYTES);
}

/** Random bytes without end in sight, and what they hash to. */
class RandomSource extends Readable {
  readonly #block = randomBytes(64 * 1024);
  readonly #hash = createHash("sha256");
  #leftBytes: number;

  constructor(sizeBytes: number) {
    super();
    this.#leftBytes = sizeBytes;
  }

  override _read(): void {
    const piece = this.#block.subarray(0, this.#leftBytes);
    this.#leftBytes -= piece.length;
    this.#hash.update(piece);
    this.push(piece.length > 0 ? piece : null);
  }

  sha256(): string {
    return this.#hash.digest("hex");
  }
}

async function digest(stream: Readable): Promise<{ sizeBytes: number; sha256: string }> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  for await (const chunk of stream) {
    hash.update(chunk as Buffer);
    sizeBytes += (chunk as Buffer).length;
  }
  return { sizeBytes, sha256: hash.digest("hex") };
}

/** Reads a head of text and then so many bytes, which it hashes. */
function digestAfter(
  stream: Readable,
  headBytes: number,
  sizeBytes: number,
): Promise<{ head: string; sha256: string }> {
  return new Promise((resolve, reject) => {
    const hash = createHash("sha256");
    let head = "";
    let leftBytes = sizeBytes;
    stream.on("data", (chunk: Buffer) => {
      const taken = Math.min(chunk.length, headBytes - head.length);
      head += chunk.toString("latin1", 0, taken);
      hash.update(chunk.subarray(taken));
      leftBytes -= chunk.length - taken;
      if (leftBytes <= 0) resolve({ head, sha256: hash.digest("hex") });
    });
    stream.on("end", () => reject(new Error(`the stream ended with ${leftBytes} bytes to come`)));
    stream.on("error", reject);
  });
}

async function serve(onConnection: (socket: Socket) => void): Promise<AsyncDisposable & { port: number }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function freePort(): Promise<number> {
  await using server = await serve(() => undefined);
  return server.port;
}

/** Asks the kernel rather than the server, which would take a connection for a client. */
function isListening(port: number): boolean {
  const listening = `:${port.toString(16).toUpperCase().padStart(4, "0")} [0-9A-F:]+ 0A `;
  return ["tcp", "tcp6"].some((table) => new RegExp(listening).test(readFileSync(`/proc/net/${table}`, "utf8")));
}
