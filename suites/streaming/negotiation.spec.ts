import { behaviour, Deadline, dialChannelSocket, expect, sh, UpgradeRefusedError } from "../../src/harness/index.js";
import { endOf, Received, successOf } from "./received.js";
import { requestOnce, SPDY_UPGRADE } from "./raw-request.js";

const VERSIONS = ["v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io"];

behaviour(
  "STR-012",
  {
    title: "An upgrade to SPDY is answered with 101 and the newest version offered",
    level: "required",
    rpcs: ["Exec"],
    clause: "ExecResponse.url: upgrades to SPDY/3.1; X-Stream-Protocol-Version names the version chosen",
  },
  async ({ runtime, rpc, streaming }) => {
    const { id } = await runtime.startContainer();
    streaming.waysOver(["spdy"], await streaming.streamWays(id));

    for (const method of ["POST", "GET"]) {
      const { url } = await rpc.exec({ containerId: id, cmd: ["true"], stdout: true });
      const headers = { ...SPDY_UPGRADE, "x-stream-protocol-version": VERSIONS };
      const answer = await requestOnce(streaming, url, { method, headers });

      expect(answer.statusCode, `status of ${method}`).to.equal(101);
      expect(answer.headers.connection?.toLowerCase(), `Connection after ${method}`).to.equal("upgrade");
      expect(answer.headers, `headers after ${method}`).to.have.fields({
        upgrade: "SPDY/3.1",
        "x-stream-protocol-version": VERSIONS[0],
      });
    }
  },
);

behaviour(
  "STR-013",
  {
    title: "Older versions are spoken with clients that know no newer one",
    level: "recommended",
    rpcs: ["Exec"],
    clause: "X-Stream-Protocol-Version: the version is one of those offered; before v4 an error is plain text",
  },
  async ({ runtime, streaming }) => {
    const { id } = await runtime.startContainer();
    streaming.waysOver(["spdy"], await streaming.streamWays(id));

    for (const version of VERSIONS.slice(1)) {
      const way = { transport: "spdy", protocols: [version], stdout: true } as const;
      const success = await streaming.exec(id, ["echo", "-n", "hello"], way);
      expect(success.protocol, "version chosen").to.equal(version);
      const { stdout, exit } = await endOf(success);
      expect(stdout, `stdout over ${version}`).to.equal("hello");
      expect(exit, `end of the session over ${version}`).to.have.fields({ kind: "silent" });
      // v1 servers end the error stream before the command runs.
      if (version === "channel.k8s.io") continue;
      const failure = await endOf(await streaming.exec(id, sh("exit 3"), way));
      expect(failure.exit, `end of a failing command over ${version}`).to.have.fields({ kind: "failed" });
    }
  },
);

behaviour(
  "STR-014",
  {
    title: "A request without a version in common is refused, and nothing is started",
    level: "recommended",
    rpcs: ["Exec", "ExecSync"],
    clause: "X-Stream-Protocol-Version: no common version is an error that lists the accepted ones",
  },
  async ({ runtime, rpc, streaming }) => {
    const container = await runtime.startContainer();
    streaming.waysOver(["spdy"], await streaming.streamWays(container.id));
    const ask = async (headers: Record<string, string>) => {
      const { url } = await rpc.exec({ containerId: container.id, cmd: ["touch", "/tmp/started"], stdout: true });
      return requestOnce(streaming, url, { headers });
    };

    const [without, unknown, plain] = [
      await ask(SPDY_UPGRADE),
      await ask({ ...SPDY_UPGRADE, "x-stream-protocol-version": "v99.channel.k8s.io" }),
      await ask({}),
    ];

    expect(without.statusCode, "status without a version").to.be.within(400, 499);
    expect(unknown.statusCode, "status for an unknown version").to.be.within(400, 499);
    expect(
      [unknown.headers["x-accepted-stream-protocol-versions"] ?? ""].flat().join(", "),
      "X-Accepted-Stream-Protocol-Versions",
    ).to.include("channel.k8s.io");
    expect(plain.statusCode, "status without an upgrade").to.be.within(400, 499);
    const { exitCode } = await container.execSync(["test", "-e", "/tmp/started"]);
    expect(exitCode, "exit code of a look for the file that the command makes").to.equal(1);
  },
);

behaviour(
  "STR-024",
  {
    title: "Exec over a WebSocket carries input, outputs, status and sizes in numbered channels",
    level: "recommended",
    rpcs: ["Exec"],
    clause: "v4.channel.k8s.io: binary messages start with their channel: stdin, stdout, stderr, error, resize",
  },
  async ({ runtime, streaming }) => {
    const { id } = await runtime.startContainer();
    streaming.waysOver(["websocket"], await streaming.streamWays(id));
    const way = { transport: "websocket", protocols: ["v4.channel.k8s.io"] } as const;

    const plain = await streaming.exec(id, sh("head -c 5; printf e >&2"), {
      ...way,
      stdin: true,
      stdout: true,
      stderr: true,
    });
    plain.stdin.write("hello");
    const { stdout, stderr, exit } = await endOf(plain);
    expect(stdout, "channel 1").to.equal("hello");
    expect(stderr, "channel 2").to.equal("e");
    expect(exit, "channel 3").to.have.fields({ kind: "exited", code: 0, status: { status: "Success" } });

    const waiting = sh('until [ "$(stty size 2>/dev/null)" = "33 77" ]; do sleep 0.05; done; stty size');
    const terminal = await streaming.exec(id, waiting, { ...way, stdin: true, stdout: true, tty: true });
    const output = new Received(terminal.stdout);
    await terminal.resize(77, 33);
    await output.untilHolding("33 77");
  },
);

behaviour(
  "STR-025",
  {
    title: "Variants of the WebSocket protocol are spoken or declined, never half of both",
    level: "optional",
    rpcs: ["Exec", "ExecSync"],
    clause: "Sec-WebSocket-Protocol: one of those offered, or no upgrade; unknown channels are ignored",
  },
  async ({ runtime, rpc, streaming }) => {
    const container = await runtime.startContainer();
    const { id } = container;
    const ways = streaming.waysOver(["websocket"], await streaming.streamWays(id));
    const transport = "websocket";

    const protocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"];
    const newest = await streaming.exec(id, ["cat"], { transport, protocols, stdin: true, stdout: true });
    expect(newest.protocol, "protocol chosen of v5 and v4").to.be.oneOf(protocols);
    const output = new Received(newest.stdout);
    newest.stdin.write("hello");
    await output.untilHolding("hello");
    if (newest.canHalfClose) {
      await newest.closeStdin();
      expect(await newest.exit, "end after the channel of stdin was closed").to.have.fields(successOf(newest.protocol));
    }

    const base64 = ways.find(({ protocols: [version] }) => version === "v4.base64.channel.k8s.io");
    if (base64) {
      const bytes = sh("printf '\\000\\377\\012'");
      const session = await streaming.exec(id, bytes, { ...base64, stdout: true });
      const stdout = new Received(session.stdout);
      expect((await stdout.untilBytes(3)).toString("hex"), "stdout in base64").to.equal("00ff0a");
    }

    const { url: declined } = await rpc.exec({ containerId: id, cmd: ["touch", "/tmp/started"], stdout: true });
    const answer = await streaming.open(declined, { transport, protocols: ["bogus.example"], stdout: true }).then(
      () => "an upgrade",
      (error: unknown) => {
        if (!(error instanceof UpgradeRefusedError)) throw error;
        return `HTTP ${error.refusal.statusCode}`;
      },
    );
    expect(answer, "answer to an unknown protocol").to.match(/^HTTP 4\d\d$/);
    const { exitCode } = await container.execSync(["test", "-e", "/tmp/started"]);
    expect(exitCode, "exit code of a look for the file that the command makes").to.equal(1);

    const { url } = await rpc.exec({ containerId: id, cmd: sh("head -c 2"), stdin: true, stdout: true });
    using deadline = new Deadline(streaming.dialOptions, "the WebSocket");
    const options = { ...streaming.dialOptions, protocols: ["v4.channel.k8s.io"] };
    const socket = await dialChannelSocket(url, options, deadline);
    const received: Buffer[] = [];
    const stdout = socket.channel(1);
    stdout.sink = { onData: (chunk) => received.push(chunk) > 0, onEnd: () => undefined, onFail: () => undefined };
    socket.start();
    socket.send(9, Buffer.from("nobody"), () => undefined);
    socket.send(0, Buffer.from("ok"), () => undefined);
    await socket.ended;
    expect(Buffer.concat(received).toString(), "stdout after a message on channel 9").to.equal("ok");
  },
);
