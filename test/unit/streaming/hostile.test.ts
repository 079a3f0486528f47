import { createServer, type AddressInfo } from "node:net";
import { expect } from "chai";
import { describe, it } from "mocha";
import { StreamingError, UpgradeRefusedError, type StreamingErrorCode } from "../../../src/streaming/errors.js";
import { openPortForwardSession, openStreamSession } from "../../../src/streaming/open.js";
import type { PortForwardTransport, StreamTransport } from "../../../src/streaming/session.js";
import {
  HOSTILE_HANDSHAKES,
  HOSTILE_SPDY,
  HOSTILE_WEBSOCKET,
  startHostileServer,
  type HostileScript,
} from "../../support/hostile-stream-server.js";
import { rejection } from "../../support/rejection.js";

/** How long to wait for a peer that never answers. */
const SHORT_PATIENCE_MS = 100;
/** How long to wait for what must come. */
const LONG_PATIENCE_MS = 10_000;
/** A flood must not be collected; garbage that is waiting for the collector must be allowed for. */
const MAX_GROWTH_BYTES = 150 * 1024 * 1024;

/** Opens a session against the script and gives the typed error that ends it, at the opening or later. */
async function endOf(
  script: HostileScript,
  transport: StreamTransport,
  connectTimeoutMs = LONG_PATIENCE_MS,
): Promise<StreamingError> {
  await using server = await startHostileServer(script);
  const baselineBytes = process.memoryUsage().rss;
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error("the caller's deadline")), 2 * connectTimeoutMs);
  try {
    const session = await openStreamSession(server.url(), {
      transport,
      stdin: true,
      stdout: true,
      stderr: true,
      connectTimeoutMs,
      signal: controller.signal,
    });
    const exit = await session.exit;
    if (exit.kind !== "disconnected") throw new Error(`the session ended with ${JSON.stringify(exit)}`);
    const end = await session.closed;
    return exit.error ?? (await Promise.reject(new Error(`the session ended by ${end.by} without an error`)));
  } catch (error) {
    expect(error).to.be.instanceOf(StreamingError);
    return error as StreamingError;
  } finally {
    clearTimeout(timer);
    expect(process.memoryUsage().rss - baselineBytes).to.be.lessThan(MAX_GROWTH_BYTES);
  }
}

const HANDSHAKE_CODES: Record<string, StreamingErrorCode> = {
  "accepts and says nothing": "timeout",
  "closes at once": "handshake",
  "resets at once": "connect",
  "answers with garbage": "handshake",
  "sends half a status line": "timeout",
  "sends endless headers": "handshake",
  "sends endless informational replies": "timeout",
  "refuses with an endless body": "upgrade-refused",
  "refuses with a body that never comes": "timeout",
  "redirects elsewhere": "upgrade-refused",
  "switches to something else": "handshake",
  "switches without saying to what": "handshake",
  "chooses a protocol that was not offered": "handshake",
};

const SPDY_CODES: Record<string, StreamingErrorCode> = {
  "says nothing": "timeout",
  "sends half a frame and stalls": "timeout",
  "sends half a frame and closes": "connection-lost",
  resets: "connection-lost",
  closes: "connection-lost",
  "sends garbage": "protocol",
  "announces a control frame of 16 MiB": "protocol",
  "sends data for a stream that nobody opened": "protocol",
  "floods ping": "protocol",
  "floods ping and reads nothing": "protocol",
  "floods settings": "protocol",
  "floods empty data": "protocol",
  "speaks another version": "protocol",
  "sends a zlib bomb as reply headers": "protocol",
  "announces four billion headers": "protocol",
  "sends a damaged header block": "protocol",
  "resets every stream": "reset",
  "opens streams without end": "protocol",
};

const WEBSOCKET_CODES: Record<string, StreamingErrorCode> = {
  "says nothing": "aborted",
  "sends half a frame and closes": "connection-lost",
  resets: "connection-lost",
  "closes without a close frame": "connection-lost",
  "sends garbage": "protocol",
  "announces a frame of 4 GB": "protocol",
  "sends a message without end, in fragments": "protocol",
  "floods ping": "protocol",
  "floods ping and reads nothing": "protocol",
  "floods empty messages": "protocol",
  "masks its frames": "protocol",
  "sends status without end": "protocol",
};

describe("a hostile streaming server", () => {
  for (const transport of ["spdy", "websocket"] as const) {
    const afterUpgrade = transport === "spdy" ? HOSTILE_SPDY : HOSTILE_WEBSOCKET;
    const codes = { ...HANDSHAKE_CODES, ...(transport === "spdy" ? SPDY_CODES : WEBSOCKET_CODES) };
    for (const [name, script] of [...Object.entries(HOSTILE_HANDSHAKES), ...Object.entries(afterUpgrade)]) {
      it(`that ${name} ends a session over ${transport} with a typed error`, async () => {
        const expected = codes[name];
        const neverAnswers = expected === "timeout" || expected === "aborted";
        const error = await endOf(script, transport, neverAnswers ? SHORT_PATIENCE_MS : LONG_PATIENCE_MS);
        expect(error.code).to.equal(expected);
      }).timeout(20_000);
    }
  }

  for (const transport of ["spdy", "websocket", "spdy-over-websocket"] satisfies PortForwardTransport[]) {
    const scripts = { ...HOSTILE_HANDSHAKES, ...(transport === "spdy" ? HOSTILE_SPDY : HOSTILE_WEBSOCKET) };
    for (const [name, script] of Object.entries(scripts)) {
      it(`that ${name} ends port-forward over ${transport} with a typed error`, async () => {
        await using server = await startHostileServer(script);
        const error = await rejection(
          (async () => {
            const options = { transport, ports: [80], connectTimeoutMs: SHORT_PATIENCE_MS };
            const session = await openPortForwardSession(server.url("/portforward/token"), options);
            try {
              return await session.connect(80, { connectTimeoutMs: SHORT_PATIENCE_MS });
            } finally {
              session.abort();
            }
          })(),
        );
        expect(error).to.be.instanceOf(StreamingError);
      }).timeout(20_000);
    }
  }

  it("that refuses at length is quoted in part", async () => {
    const script = HOSTILE_HANDSHAKES["refuses with an endless body"]!;
    for (const transport of ["spdy", "websocket"] as const) {
      const error = (await endOf(script, transport)) as UpgradeRefusedError;
      expect(error.refusal.statusCode).to.equal(403);
      expect(error.refusal.body).to.have.length(4096);
    }
  });

  it("that redirects is not followed", async () => {
    const error = (await endOf(HOSTILE_HANDSHAKES["redirects elsewhere"]!, "spdy")) as UpgradeRefusedError;
    expect(error.refusal).to.include({ statusCode: 302, location: "http://192.0.2.1/" });
  });

  it("that is not there is a failed connection", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    for (const transport of ["spdy", "websocket"] as const) {
      const opening = openStreamSession(`http://127.0.0.1:${port}/exec/x`, { transport, stdout: true });
      expect(((await rejection(opening)) as StreamingError).code).to.equal("connect");
    }
  });

  it("elsewhere is not dialled", async () => {
    for (const transport of ["spdy", "websocket"] as const) {
      const opening = openStreamSession("http://192.0.2.1/exec/x", { transport, stdout: true });
      expect(((await rejection(opening)) as StreamingError).code).to.equal("url");
    }
  });
});
