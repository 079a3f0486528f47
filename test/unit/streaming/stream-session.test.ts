import { once } from "node:events";
import { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect } from "chai";
import fc from "fast-check";
import { describe, it } from "mocha";
import {
  ConnectionLostError,
  SessionClosedError,
  StreamAbortedError,
  UnsupportedByProtocolError,
  UpgradeRefusedError,
} from "../../../src/streaming/errors.js";
import { openStreamSession } from "../../../src/streaming/open.js";
import type { StreamSession, StreamSessionOptions, StreamTransport } from "../../../src/streaming/session.js";
import { startStreamServer, type ServedExec, type StreamServerOptions } from "../../support/stream-server.js";
import { readBytes } from "../../support/read-bytes.js";
import { rejection } from "../../support/rejection.js";

interface Cell {
  transport: StreamTransport;
  protocol: string;
  hasStatus: boolean;
  canHalfClose: boolean;
  canResize: boolean;
}

const CELLS: Cell[] = [
  { transport: "spdy", protocol: "v4.channel.k8s.io", hasStatus: true, canHalfClose: true, canResize: true },
  { transport: "spdy", protocol: "v3.channel.k8s.io", hasStatus: false, canHalfClose: true, canResize: true },
  { transport: "spdy", protocol: "v2.channel.k8s.io", hasStatus: false, canHalfClose: true, canResize: false },
  { transport: "spdy", protocol: "channel.k8s.io", hasStatus: false, canHalfClose: true, canResize: false },
  { transport: "websocket", protocol: "v5.channel.k8s.io", hasStatus: true, canHalfClose: true, canResize: true },
  { transport: "websocket", protocol: "v4.channel.k8s.io", hasStatus: true, canHalfClose: false, canResize: true },
  {
    transport: "websocket",
    protocol: "v4.base64.channel.k8s.io",
    hasStatus: true,
    canHalfClose: false,
    canResize: true,
  },
  { transport: "websocket", protocol: "channel.k8s.io", hasStatus: false, canHalfClose: false, canResize: true },
  { transport: "websocket", protocol: "base64.channel.k8s.io", hasStatus: false, canHalfClose: false, canResize: true },
];

type Use = (session: StreamSession) => Promise<void>;

/** Serves one exec session with `exec` and uses it as a client with `use`. */
async function session(
  exec: (call: ServedExec) => void | Promise<void>,
  options: StreamSessionOptions,
  use: Use,
  serverOptions: StreamServerOptions = {},
): Promise<void> {
  const webSocketProtocols = CELLS.filter(({ transport }) => transport === "websocket").map(({ protocol }) => protocol);
  await using server = await startStreamServer({ exec, webSocketProtocols, ...serverOptions });
  const { stdin, stdout, stderr, tty } = options;
  const opened = await openStreamSession(
    server.execUrl({
      ...(stdin && { stdin }),
      ...(stdout && { stdout }),
      ...(stderr && { stderr }),
      ...(tty && { tty }),
    }),
    options,
  );
  await use(opened);
  opened.abort();
}

const success = JSON.stringify({ status: "Success" });
const exitCode = (code: number) =>
  JSON.stringify({
    status: "Failure",
    reason: "NonZeroExitCode",
    message: "it failed",
    details: { causes: [{ reason: "ExitCode", message: String(code) }] },
  });

describe("openStreamSession", () => {
  for (const cell of CELLS) {
    const { transport, protocol } = cell;
    const options = (flags: Partial<StreamSessionOptions>) => ({ transport, protocols: [protocol], ...flags });

    describe(`over ${transport}, ${protocol}`, () => {
      it("keeps stdout and stderr apart and tells how the process ended", () =>
        session(
          async (call) => {
            call.stdout.write("out");
            call.stderr.write("err");
            await call.report(cell.hasStatus ? exitCode(7) : "exit code 7");
            await call.link.close();
          },
          options({ stdout: true, stderr: true }),
          async (opened) => {
            expect(opened.protocol).to.equal(protocol);
            expect(opened.canHalfClose).to.equal(cell.canHalfClose);
            expect(await Promise.all([text(opened.stdout), text(opened.stderr)])).to.deep.equal(["out", "err"]);
            const exit = await opened.exit;
            if (cell.hasStatus) expect(exit).to.include({ kind: "exited", code: 7 });
            else expect(exit).to.deep.equal({ kind: "failed", message: "exit code 7" });
            expect(await opened.closed).to.deep.equal({ by: "peer" });
          },
        ));

      it("tells success", () =>
        session(
          async (call) => {
            if (cell.hasStatus) await call.report(success);
            await call.link.close();
          },
          options({ stdout: true }),
          async (opened) => {
            expect(await text(opened.stdout)).to.equal("");
            expect((await opened.exit).kind).to.equal(cell.hasStatus ? "exited" : "silent");
          },
        ));

      it("says that the peer left when it leaves without a word", () =>
        session(
          async (call) => {
            // Let the replies to the streams go out first.
            await nextTurn();
            call.link.abort(new SessionClosedError("gone"));
          },
          options({ stdout: true }),
          async (opened) => {
            expect(await rejection(text(opened.stdout))).to.be.instanceOf(ConnectionLostError);
            expect((await opened.exit).kind).to.equal("disconnected");
          },
        ));

      it("echoes any bytes in any pieces", function () {
        this.timeout(20_000);
        const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 100_000, size: "max" }), { maxLength: 5 });
        return fc.assert(
          fc.asyncProperty(pieces, (sent) =>
            session(
              (call) => void call.stdin.on("data", (chunk: Buffer) => call.stdout.write(chunk)),
              options({ stdin: true, stdout: true }),
              async (opened) => {
                const expected = Buffer.concat(sent);
                for (const piece of sent) opened.stdin.write(piece);
                const seen = await readBytes(opened.stdout, expected.length);
                expect(seen.equals(expected)).to.equal(true);
              },
            ),
          ),
          { numRuns: 5 },
        );
      });

      if (cell.canHalfClose) {
        it("ends stdin alone", () =>
          session(
            async (call) => {
              const received = await buffer(call.stdin);
              call.stdout.write(`got ${received.length}`);
              await call.report(cell.hasStatus ? success : "");
              await call.link.close();
            },
            options({ stdin: true, stdout: true }),
            async (opened) => {
              opened.stdin.write(Buffer.alloc(200_000));
              await opened.closeStdin();
              await opened.closeStdin();
              expect(await text(opened.stdout)).to.equal("got 200000");
            },
          ));
      } else {
        it("refuses to end stdin alone, and stays usable", () =>
          session(
            (call) => void call.stdin.pipe(call.stdout),
            options({ stdin: true, stdout: true }),
            async (opened) => {
              expect(await rejection(opened.closeStdin())).to.be.instanceOf(UnsupportedByProtocolError);
              opened.stdin.write("still here");
              expect(String(await once(opened.stdout, "data"))).to.equal("still here");
              expect(await rejection(pipeline(Readable.from(["x"]), opened.stdin))).to.be.instanceOf(
                UnsupportedByProtocolError,
              );
            },
          ));
      }

      it(cell.canResize ? "resizes the terminal" : "refuses to resize", () =>
        session(
          (call) => void call.sizes.on("data", (size: Buffer) => call.stdout.write(size)),
          options({ stdout: true, tty: true }),
          async (opened) => {
            expect(opened.canResize).to.equal(cell.canResize);
            if (cell.canResize) {
              await opened.resize(77, 33);
              const [size] = (await once(opened.stdout, "data")) as [Buffer];
              expect(JSON.parse(size.toString())).to.deep.equal({ Width: 77, Height: 33 });
            } else {
              expect(await rejection(opened.resize(77, 33))).to.be.instanceOf(UnsupportedByProtocolError);
            }
          },
        ),
      );

      it("holds a fast peer back while nobody reads, and loses nothing", () => {
        const total = 20 * 1024 * 1024;
        let written = 0;
        let stalled: () => void = () => undefined;
        const hasStalled = new Promise<void>((resolve) => (stalled = resolve));
        return session(
          async (call) => {
            const piece = Buffer.alloc(64 * 1024, 1);
            const timer = setInterval(() => {
              if (call.stdout.writableNeedDrain) stalled();
            }, 1);
            while (written < total) {
              written += piece.length;
              if (!call.stdout.write(piece)) await once(call.stdout, "drain");
            }
            clearInterval(timer);
            await call.report(cell.hasStatus ? success : "");
            await call.link.close();
          },
          options({ stdout: true }),
          async (opened) => {
            await hasStalled;
            expect(opened.stdout.readableLength).to.be.lessThan(2 * 1024 * 1024);
            let seen = 0;
            for await (const chunk of opened.stdout) seen += (chunk as Buffer).length;
            expect(seen).to.equal(total);
          },
        );
      }).timeout(20_000);
    });
  }

  for (const transport of ["spdy", "websocket"] as const) {
    describe(`over ${transport}`, () => {
      it("prefers the newest protocol that the server accepts", async () => {
        await session(
          () => undefined,
          { transport, stdout: true },
          async (opened) => {
            expect(opened.protocol).to.equal(transport === "spdy" ? "v4.channel.k8s.io" : "v5.channel.k8s.io");
            await Promise.resolve();
          },
        );
      });

      it("reports a refusal with what the server said", async () => {
        const v3 = ["v3.channel.k8s.io"];
        await using server = await startStreamServer({ spdyProtocols: v3, webSocketProtocols: v3 });
        const protocols = ["v9.channel.k8s.io"];
        const error = await rejection(openStreamSession(server.execUrl({}), { transport, stdout: true, protocols }));
        expect(error).to.be.instanceOf(UpgradeRefusedError);
        const { refusal, offered } = error as UpgradeRefusedError;
        expect(refusal.statusCode).to.equal(403);
        expect(refusal.acceptedProtocols).to.deep.equal(transport === "spdy" ? v3 : []);
        expect(offered).to.contain("v9.channel.k8s.io");
        expect(server.requests).to.have.length(1);
      });

      it("gives streams that were not requested as ended, and as refusing", async () => {
        await session(
          () => undefined,
          { transport, stdout: true },
          async (opened) => {
            expect(await text(opened.stderr)).to.equal("");
            opened.stdin.write("x");
            expect(await rejection(once(opened.stdin, "close"))).to.be.instanceOf(SessionClosedError);
          },
        );
      });

      it("ends everything with a typed error when the caller aborts", async () => {
        const controller = new AbortController();
        const options = { transport, stdin: true, stdout: true, signal: controller.signal };
        await session(
          () => undefined,
          options,
          async (opened) => {
            controller.abort(new Error("enough"));
            const error = (await rejection(opened.exit)) as StreamAbortedError;
            expect(error).to.be.instanceOf(StreamAbortedError);
            expect(error.message).to.contain("enough");
            expect(await rejection(text(opened.stdout))).to.be.instanceOf(StreamAbortedError);
            expect((await opened.closed).by).to.equal("error");
          },
        );
      });

      it("dials nothing when the signal is aborted already", async () => {
        await using server = await startStreamServer({});
        const options = { transport, stdout: true, signal: AbortSignal.abort() };
        expect(await rejection(openStreamSession(server.execUrl({}), options))).to.be.instanceOf(StreamAbortedError);
        expect(server.requests).to.have.length(0);
      });

      it("tells the peer goodbye on close, and rejects exit", async () => {
        let servedEnd: Promise<unknown> = Promise.resolve();
        await session(
          (call) => void (servedEnd = call.link.ended),
          { transport, stdout: true },
          async (opened) => {
            await opened.close();
            expect(await rejection(opened.exit)).to.be.instanceOf(SessionClosedError);
            expect(await opened.closed).to.deep.equal({ by: "local" });
            expect(await servedEnd).to.deep.equal({ by: "peer" });
          },
        );
      });

      it("fails what is written after the peer has left", async () => {
        await session(
          (call) => call.link.close(),
          { transport, stdin: true },
          async (opened) => {
            await opened.closed;
            opened.stdin.on("error", () => undefined);
            const error = await new Promise<Error | null | undefined>((resolve) => opened.stdin.write("late", resolve));
            expect(error).to.be.instanceOf(Error);
          },
        );
      });

      it("delivers the output that came before the connection broke, then the error", async () => {
        await session(
          async (call) => {
            await new Promise((resolve) => call.stdout.write("before", resolve));
            call.link.abort(new SessionClosedError("gone"));
          },
          { transport, stdout: true },
          async (opened) => {
            await opened.exit;
            const seen: string[] = [];
            const error = await rejection(
              (async () => {
                for await (const chunk of opened.stdout) seen.push(String(chunk));
              })(),
            );
            expect(seen).to.deep.equal(["before"]);
            expect(error).to.be.instanceOf(ConnectionLostError);
          },
        );
      });
    });
  }
});
