import { expect } from "chai";
import { describe, it } from "mocha";
import type { SpecContext } from "../../../src/harness/index.js";
import { makeSpec, type BehaviourMeta, type Spec } from "../../../src/harness/spec.js";
import type { SpecResult } from "../../../src/report/model.js";
import type { Answers } from "../../support/fake-runtime.js";
import { runSpecs, type SpecsRun } from "../../support/run-specs.js";
import { SELF_SIGNED } from "../../support/self-signed.js";
import { startStreamServer, type StreamServer, type StreamServerOptions } from "../../support/stream-server.js";

const META: Omit<BehaviourMeta, "title"> = { level: "required", rpcs: ["Exec"], clause: "none" };
const SUCCESS = JSON.stringify({ status: "Success" });

let next = 900;
function spec(body: (context: SpecContext) => Promise<unknown>): Spec {
  return makeSpec(`STR-${next++}`, { ...META, title: "a test" }, async (context) => void (await body(context)));
}

/** A runtime whose streaming URLs are those of a server. */
const answersOf = (server: StreamServer): Answers => ({
  exec: (flags) => ({ url: server.execUrl({ stdin: flags.stdin, stdout: flags.stdout, stderr: flags.stderr }) }),
  attach: (flags) => ({ url: server.execUrl({ stdin: flags.stdin, stdout: flags.stdout, stderr: flags.stderr }) }),
  portForward: ({ port }) => ({ url: server.forwardUrl(port) }),
});

/** Runs specs with a server that greets and succeeds. */
async function run(
  specs: Spec[],
  options: Parameters<typeof runSpecs>[2] = {},
  serverOptions: StreamServerOptions = {},
): Promise<SpecsRun & { requests: number }> {
  await using server = await startStreamServer({
    exec: async (call) => {
      const { stdout, link } = call;
      await new Promise((resolve) => stdout.write("hello", resolve));
      await call.report(SUCCESS);
      await link.close();
    },
    ...serverOptions,
  });
  const done = await runSpecs(specs, answersOf(server), options);
  return { ...done, requests: server.requests.length };
}

const first = ({ results }: SpecsRun): SpecResult => results.specs[0]!;
const notesOf = (done: SpecsRun): string[] | undefined => first(done).attempts[0]?.notes;

describe("the streaming client of specs", () => {
  it("reports each version of each transport as offered or with the server's refusal", async () => {
    const done = await run([
      spec(async ({ streaming }) => {
        await streaming.streamWays("c");
        await streaming.attachWays("c");
        await streaming.forwardWays("s");
      }),
    ]);
    const cells = done.results.streaming.map(({ rpc, transport, protocol, offered }) => {
      return `${rpc} ${transport} ${protocol}: ${offered === true ? "yes" : /HTTP \d+/.exec(offered)?.[0]}`;
    });
    const spdy = ["v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io"];
    const others = ["v4.base64.channel.k8s.io", "channel.k8s.io", "base64.channel.k8s.io"];
    const stream = (rpc: string) => [
      ...spdy.map((version) => `${rpc} spdy ${version}: yes`),
      `${rpc} websocket v5.channel.k8s.io: yes`,
      `${rpc} websocket v4.channel.k8s.io: yes`,
      ...others.map((version) => `${rpc} websocket ${version}: HTTP 403`),
    ];
    expect(cells).to.deep.equal([
      ...stream("Exec"),
      ...stream("Attach"),
      "PortForward spdy portforward.k8s.io: yes",
      "PortForward websocket v4.channel.k8s.io: yes",
      "PortForward websocket v4.base64.channel.k8s.io: HTTP 403",
      "PortForward spdy-over-websocket SPDY/3.1+portforward.k8s.io: HTTP 403",
    ]);
  });

  it("looks once for the whole run, and notes in each spec over what it ran", async () => {
    const done = await run([
      spec(({ streaming }) => streaming.newestStreamWays("c")),
      spec(({ streaming }) => streaming.newestStreamWays("c")),
    ]);
    expect(done.requests).to.equal(9);
    expect(notesOf(done)).to.deep.equal(["exec over spdy v4.channel.k8s.io, websocket v5.channel.k8s.io"]);
  });

  it("looks again after a look that failed", async () => {
    const done = await runSpecs(
      [1, 2].map(() => spec(({ streaming }) => streaming.streamWays("c"))),
      {
        exec: () => {
          throw new Error("not now");
        },
      },
      { parallel: 1 },
    );
    expect(done.results.specs.map(({ verdict }) => verdict)).to.deep.equal(["failed", "failed"]);
    expect(done.runtime.calls.filter((name) => name === "Exec")).to.have.length.greaterThan(9);
  });

  it("uses only the transports that the run's options leave in", async () => {
    const done = await run(
      [
        spec(async ({ streaming }) => {
          const ways = [...(await streaming.streamWays("c")), ...(await streaming.forwardWays("s"))];
          streaming.waysOver(["spdy"], ways);
        }),
      ],
      { transports: ["websocket"] },
      { tunnel: true },
    );
    expect(first(done)).to.include({ verdict: "notApplicable", lack: "options" });
    expect(first(done).reason).to.include("leave the transport spdy out");
    const spoken = done.results.streaming.filter(({ offered }) => offered === true);
    expect(spoken.map(({ transport }) => transport))
      .to.include("spdy-over-websocket")
      .and.not.include("spdy");
  });

  it("says that a spec does not apply where the runtime refuses its transport", async () => {
    const body = async ({ streaming }: SpecContext) =>
      streaming.waysOver(["websocket"], await streaming.streamWays("c"));
    const done = await run([spec(body)], {}, { webSocketProtocols: [] });
    expect(first(done)).to.include({ verdict: "notApplicable", lack: "runtime" });
  });

  it("fails a spec where no transport is offered at all", async () => {
    const done = await run(
      [spec(({ streaming }) => streaming.streamWays("c"))],
      {},
      { spdyProtocols: [], webSocketProtocols: [] },
    );
    expect(first(done).verdict).to.equal("failed");
    expect(first(done).reason).to.match(/streaming server behind the URL of Exec: expected to speak one of spdy v4/);
    expect(done.results.streaming).to.have.length(9);
  });

  it("opens sessions with the flags of the request, also behind a certificate that signs itself", async () => {
    const body = async ({ streaming }: SpecContext) => {
      const session = await streaming.exec("c", ["true"], { transport: "websocket", stdout: true });
      session.stdout.resume();
      const exit = await session.exit;
      if (exit.kind !== "exited") throw new Error(`it ended as ${exit.kind}`);
    };
    expect(first(await run([spec(body)], {}, { tls: SELF_SIGNED }))).to.include({ verdict: "passed", reason: "" });
  });

  it("reports a URL that points away, and does not follow it", async () => {
    const bodies = [
      ({ streaming }: SpecContext) => streaming.exec("c", ["true"], { stdout: true }),
      ({ streaming }: SpecContext) => streaming.attach("c", { stdout: true }),
      ({ streaming }: SpecContext) => streaming.portForward("s", [80]),
    ];
    const url = "http://192.0.2.1:10010/exec/secret";
    const done = await runSpecs(bodies.map(spec), {
      exec: () => ({ url }),
      attach: () => ({ url }),
      portForward: () => ({ url }),
    });
    for (const { verdict, reason } of done.results.specs) {
      expect(verdict).to.equal("failed");
      expect(reason).to.include("http://192.0.2.1:10010/exec/***").and.include("not this host");
    }
  });

  it("dials a URL that points to a host that is allowed", async () => {
    await using server = await startStreamServer({ exec: (call) => call.report(SUCCESS) });
    const url = server.execUrl({ stdout: true }).replace("127.0.0.1", "elsewhere.invalid");
    const body = ({ streaming }: SpecContext) => {
      expect(streaming.dialOptions.allowedHosts).to.deep.equal(["elsewhere.invalid"]);
      return streaming.exec("c", ["true"], { stdout: true });
    };
    const done = await runSpecs([spec(body)], { exec: () => ({ url }) }, { streamingHosts: ["elsewhere.invalid"] });
    // It is dialled, and the name leads nowhere.
    expect(first(done).reason).to.match(/ENOTFOUND|EAI_AGAIN/);
  });
});
