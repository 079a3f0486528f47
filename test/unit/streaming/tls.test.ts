import { text } from "node:stream/consumers";
import { expect } from "chai";
import { describe, it } from "mocha";
import { ConnectError } from "../../../src/streaming/errors.js";
import { openPortForwardSession, openStreamSession } from "../../../src/streaming/open.js";
import { readBytes } from "../../support/read-bytes.js";
import { rejection } from "../../support/rejection.js";
import { SELF_SIGNED } from "../../support/self-signed.js";
import { startStreamServer, type ServedExec } from "../../support/stream-server.js";

const exec = async (call: ServedExec) => {
  call.stdout.write("over TLS");
  await call.report('{"status":"Success"}');
  await call.link.close();
};
const trusts = {
  "its certificate as an authority": { ca: SELF_SIGNED.cert },
  "any certificate": { rejectUnauthorized: false },
};

describe("https streaming URLs", () => {
  for (const transport of ["spdy", "websocket"] as const) {
    for (const [name, tls] of Object.entries(trusts)) {
      it(`work over ${transport} when the caller trusts ${name}`, async () => {
        await using server = await startStreamServer({ exec, tls: SELF_SIGNED });
        const session = await openStreamSession(server.execUrl({ stdout: true }), { transport, stdout: true, tls });
        expect(await text(session.stdout)).to.equal("over TLS");
        expect(await session.exit).to.include({ kind: "exited", code: 0 });
      });
    }

    it(`are refused over ${transport} when nobody vouches for the certificate`, async () => {
      await using server = await startStreamServer({ exec, tls: SELF_SIGNED });
      const opening = openStreamSession(server.execUrl({ stdout: true }), { transport, stdout: true });
      const error = await rejection(opening);
      expect(error).to.be.instanceOf(ConnectError);
      expect((error as Error).message).to.contain("self-signed");
      expect(server.requests).to.have.length(0);
    });
  }

  it("work for the port-forward tunnel", async () => {
    const forward = ({ connection }: { connection: NodeJS.ReadWriteStream }) => void connection.pipe(connection);
    await using server = await startStreamServer({ forward, tunnel: true, tls: SELF_SIGNED });
    const session = await openPortForwardSession(server.forwardUrl(), {
      transport: "spdy-over-websocket",
      tls: { ca: SELF_SIGNED.cert },
    });
    const connection = await session.connect(80);
    connection.write("echo");
    expect(String(await readBytes(connection, 4))).to.equal("echo");
    session.abort();
  });
});
