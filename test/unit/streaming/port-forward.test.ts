import { once } from "node:events";
import { buffer, text } from "node:stream/consumers";
import { expect } from "chai";
import { describe, it } from "mocha";
import {
  PortForwardError,
  SessionClosedError,
  StreamAbortedError,
  UnsupportedByProtocolError,
  UpgradeRefusedError,
} from "../../../src/streaming/errors.js";
import { openPortForwardSession } from "../../../src/streaming/open.js";
import type { PortForwardOptions, PortForwardSession } from "../../../src/streaming/session.js";
import { readBytes, readToEnd } from "../../support/read-bytes.js";
import { rejection } from "../../support/rejection.js";
import { startStreamServer, type ServedForward } from "../../support/stream-server.js";

type Way = Pick<PortForwardOptions, "transport" | "protocols"> & { canHalfClose: boolean };

const WAYS: Way[] = [
  { transport: "spdy", canHalfClose: true },
  { transport: "spdy-over-websocket", canHalfClose: true },
  { transport: "websocket", protocols: ["v5.channel.k8s.io"], canHalfClose: true },
  { transport: "websocket", protocols: ["v4.channel.k8s.io"], canHalfClose: false },
  { transport: "websocket", protocols: ["v4.base64.channel.k8s.io"], canHalfClose: false },
];

async function forwarding(
  way: Way,
  ports: number[],
  forward: (call: ServedForward) => void | Promise<void>,
  use: (session: PortForwardSession) => Promise<void>,
): Promise<void> {
  const webSocketProtocols = WAYS.flatMap(({ protocols }) => protocols ?? []);
  await using server = await startStreamServer({ forward, tunnel: true, webSocketProtocols });
  const { canHalfClose: _, ...options } = way;
  const session = await openPortForwardSession(server.forwardUrl(ports), { ...options, ports });
  await use(session);
  session.abort();
}

const echo = ({ connection }: ServedForward) => void connection.pipe(connection);

describe("openPortForwardSession", () => {
  for (const way of WAYS) {
    describe(`over ${way.transport}${way.protocols ? `, ${way.protocols.join()}` : ""}`, () => {
      it("carries bytes both ways", () =>
        forwarding(way, [80], echo, async (session) => {
          expect(session.canHalfClose).to.equal(way.canHalfClose);
          const connection = await session.connect(80);
          expect(connection.port).to.equal(80);
          const sent = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7) & 0xff));
          connection.write(sent);
          expect((await readBytes(connection, sent.length)).equals(sent)).to.equal(true);
        }));

      it("carries what the server says first", () =>
        forwarding(
          way,
          [80],
          ({ connection }) => void connection.write("220 ready"),
          async (session) => {
            const connection = await session.connect(80);
            expect(String(await readBytes(connection, 9))).to.equal("220 ready");
          },
        ));

      it("keeps many connections apart", () => {
        const ports = Array.from({ length: 40 }, (_, index) => 8000 + index);
        return forwarding(way, ports, echo, async (session) => {
          await Promise.all(
            ports.map(async (port) => {
              const connection = await session.connect(port);
              const sent = Buffer.alloc(50_000, port & 0xff);
              connection.write(sent);
              expect((await readBytes(connection, sent.length)).equals(sent)).to.equal(true);
            }),
          );
        });
      });

      it("reports a refused port after the bytes that came before it, and goes on", () =>
        forwarding(
          way,
          [9, 80],
          async (call) => {
            const { port, connection } = call;
            if (port === 80) return echo(call);
            connection.write("partial");
            await call.endErrors("connection refused");
            if (way.canHalfClose) connection.end();
          },
          async (session) => {
            const refused = await session.connect(9);
            expect(String(await once(refused, "data"))).to.equal("partial");
            if (way.canHalfClose) {
              const error = (await rejection(buffer(refused))) as PortForwardError;
              expect(error).to.be.instanceOf(PortForwardError);
              expect(error.errorText).to.equal("connection refused");
              expect(error.port).to.equal(9);
              expect(await refused.errorText).to.equal("connection refused");
            }
            const other = await session.connect(80);
            other.write("fine");
            expect(String(await readBytes(other, 4))).to.equal("fine");
            session.abort();
            expect(await refused.errorText).to.equal("connection refused");
          },
        ));

      if (way.canHalfClose) {
        it("half-closes towards the server", () =>
          forwarding(
            way,
            [80],
            async (call) => {
              const { connection } = call;
              connection.end(`got ${(await readToEnd(connection)).length}`);
              await call.endErrors("");
            },
            async (session) => {
              const connection = await session.connect(80);
              connection.end(Buffer.alloc(100_000));
              expect(await text(connection)).to.equal("got 100000");
              expect(await connection.errorText).to.equal("");
            },
          ));

        it("half-closes towards the client", () => {
          let received: Promise<Buffer> = Promise.resolve(Buffer.alloc(0));
          return forwarding(
            way,
            [80],
            ({ connection }) => {
              received = readToEnd(connection);
              connection.end("bye");
            },
            async (session) => {
              const connection = await session.connect(80);
              expect(String(await readToEnd(connection))).to.equal("bye");
              connection.end("late");
              expect(String(await received)).to.equal("late");
            },
          );
        });
      } else {
        it("refuses to half-close", () =>
          forwarding(way, [80], echo, async (session) => {
            const connection = await session.connect(80);
            connection.end();
            expect(await rejection(buffer(connection))).to.be.instanceOf(UnsupportedByProtocolError);
          }));
      }

      it("ends its connections when it is aborted", async () => {
        const controller = new AbortController();
        await using server = await startStreamServer({
          forward: echo,
          tunnel: true,
          webSocketProtocols: WAYS.flatMap(({ protocols }) => protocols ?? []),
        });
        const { canHalfClose: _, ...options } = way;
        const session = await openPortForwardSession(server.forwardUrl([80, 81]), {
          ...options,
          ports: [80, 81],
          signal: controller.signal,
        });
        const connection = await session.connect(80);
        controller.abort();
        expect(await rejection(buffer(connection))).to.be.instanceOf(StreamAbortedError);
        expect((await session.closed).by).to.equal("error");
      });

      it("opens nothing after it was closed", () =>
        forwarding(way, [80, 81], echo, async (session) => {
          const connection = await session.connect(80);
          await session.close();
          expect(await session.closed).to.deep.equal({ by: "local" });
          expect(await rejection(buffer(connection))).to.be.instanceOf(SessionClosedError);
          if (way.transport !== "websocket") {
            expect(await rejection(session.connect(81))).to.be.instanceOf(SessionClosedError);
          }
        }));
    });
  }

  it("over SPDY connects to one port any number of times, and frees what was dropped", () =>
    forwarding(WAYS[0]!, [], echo, async (session) => {
      for (let round = 0; round < 20; round++) {
        const connection = await session.connect(80);
        connection.write("x");
        await readBytes(connection, 1);
        connection.destroy();
      }
    }));

  it("over SPDY tells the server that a connection was dropped", () => {
    let dropped: Promise<unknown> = Promise.resolve();
    return forwarding(
      WAYS[0]!,
      [],
      ({ connection }) => void (dropped = rejection(buffer(connection))),
      async (session) => {
        const connection = await session.connect(80);
        connection.destroy();
        expect(await dropped).to.be.instanceOf(Error);
      },
    );
  });

  it("over WebSocket connects once per port of the request", () =>
    forwarding(WAYS[3]!, [80, 80], echo, async (session) => {
      await session.connect(80);
      await session.connect(80);
      expect(await rejection(session.connect(80))).to.be.instanceOf(UnsupportedByProtocolError);
      expect(await rejection(session.connect(81))).to.be.instanceOf(UnsupportedByProtocolError);
    }));

  it("over WebSocket wants to know the ports, before it uses up the URL", async () => {
    await using server = await startStreamServer({ forward: echo });
    const opening = openPortForwardSession(server.forwardUrl([]), { transport: "websocket" });
    expect(await rejection(opening)).to.be.instanceOf(UnsupportedByProtocolError);
    expect(server.requests).to.have.length(0);
  });

  it("reports that the tunnel is not offered", async () => {
    await using server = await startStreamServer({ forward: echo, tunnel: false });
    const error = await rejection(openPortForwardSession(server.forwardUrl([]), { transport: "spdy-over-websocket" }));
    expect(error).to.be.instanceOf(UpgradeRefusedError);
    expect((error as UpgradeRefusedError).refusal.statusCode).to.equal(403);
  });
});
