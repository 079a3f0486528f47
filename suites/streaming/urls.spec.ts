import { createConnection } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import {
  answerOf,
  assertLocalUrl,
  behaviour,
  expect,
  RpcError,
  sh,
  UpgradeRefusedError,
  type StreamingClient,
  type StreamWay,
} from "../../src/harness/index.js";
import { endOf } from "./received.js";
import { requestOnce } from "./raw-request.js";

/** What a session on a URL amounts to: its stdout, or the status of the refusal. */
async function use(streaming: StreamingClient, url: string, way: StreamWay): Promise<string> {
  const session = await streaming.open(url, { ...way, stdout: true }).catch((error: unknown) => {
    if (error instanceof UpgradeRefusedError) return error;
    throw error;
  });
  return session instanceof UpgradeRefusedError ? `HTTP ${session.refusal.statusCode}` : (await endOf(session)).stdout;
}

behaviour(
  "STR-006",
  {
    title: "The URLs of Exec, Attach and PortForward are absolute and reachable",
    level: "required",
    rpcs: ["Exec", "Attach", "PortForward"],
    clause: "ExecResponse.url, AttachResponse.url, PortForwardResponse.url: a fully qualified URL",
  },
  async ({ runtime, rpc, streaming }) => {
    const sandbox = await runtime.borrowSandbox();
    const { id: containerId } = await sandbox.startContainer();

    const urls = {
      Exec: (await rpc.exec({ containerId, cmd: ["true"], stdout: true })).url,
      Attach: (await rpc.attach({ containerId, stdout: true })).url,
      PortForward: (await rpc.portForward({ podSandboxId: sandbox.id })).url,
    };
    for (const [name, url] of Object.entries(urls)) {
      expect(url, `${name}Response.url`).to.match(/^https?:\/\/[^/]+\/./);
      const target = assertLocalUrl(url, streaming.dialOptions);
      const port = Number(target.port) || (target.protocol === "https:" ? 443 : 80);
      const reached = await new Promise<string>((resolve) => {
        const socket = createConnection({ host: target.hostname.replace(/^\[|\]$/g, ""), port }, () => {
          resolve("a connection");
          socket.destroy();
        });
        socket.once("error", ({ message }) => resolve(message));
      });
      expect(reached, `what comes of connecting to ${target.host}, from ${name}Response.url`).to.equal("a connection");
    }
  },
);

behaviour(
  "STR-007",
  {
    title: "A streaming URL works once, and no other URL does",
    level: "required",
    rpcs: ["Exec", "ExecSync"],
    clause: "ExecResponse.url: its token is single use and cannot be guessed",
  },
  async ({ runtime, rpc, streaming }) => {
    const container = await runtime.startContainer();
    const [way] = await streaming.newestStreamWays(container.id);
    const cmd = sh("echo ran >> /tmp/runs; printf ran");
    const { url } = await rpc.exec({ containerId: container.id, cmd, stdout: true });
    const last = url.at(-1) === "A" ? "B" : "A";

    expect(await use(streaming, url.slice(0, -1) + last, way), "answer to an altered URL").to.equal("HTTP 404");
    expect(await use(streaming, url.replace(/[^/]+$/, ""), way), "answer to a URL without its token").to.equal(
      "HTTP 404",
    );
    expect(await use(streaming, url, way), "stdout of the first use").to.equal("ran");
    expect(await use(streaming, url, way), "answer to the second use").to.equal("HTTP 404");

    expect(await container.output(["cat", "/tmp/runs"]), "traces of the command").to.equal("ran\n");
  },
);

behaviour(
  "STR-008",
  {
    title: "A streaming URL that nobody uses expires within a minute or so",
    level: "recommended",
    rpcs: ["Exec"],
    clause: "ExecResponse.url: a capability to run a command; the streaming server keeps it for one minute",
    tags: ["slow"],
    timeoutMs: 120_000,
    waits: true,
  },
  async ({ runtime, rpc, streaming, signal }) => {
    const { id: containerId } = await runtime.startContainer();
    const [way] = await streaming.newestStreamWays(containerId);
    const request = { containerId, cmd: ["echo", "-n", "ran"], stdout: true };
    const early = await rpc.exec(request);
    const late = [await rpc.exec(request), await rpc.exec(request), await rpc.exec(request)];
    const startMs = performance.now();
    const atSecond = (second: number): Promise<void> =>
      delay(startMs + second * 1_000 - performance.now(), undefined, { signal });

    // Only time shows it: any look at a URL would use it up.
    await atSecond(30);
    expect(await use(streaming, early.url, way), "stdout after 30 s").to.equal("ran");
    let answer = "";
    // Servers drop URLs at their next round after the minute, so what is refused late is fine too.
    for (const [index, second] of [61, 66, 80].entries()) {
      await atSecond(second);
      answer = await use(streaming, late[index]!.url, way);
      if (answer !== "ran") break;
    }
    expect(answer, "answer after more than a minute").to.equal("HTTP 404");
  },
);

behaviour(
  "STR-039",
  {
    title: "URLs that nobody uses are bounded, and using them makes room again",
    level: "optional",
    rpcs: ["Exec", "Status"],
    clause: "Exec: a streaming server keeps at most so many requests; more are refused with RESOURCE_EXHAUSTED",
    tags: ["exclusive", "slow"],
    // Others could not exec meanwhile.
    needs: ["no-other-pods"],
    locks: ["whole-node"],
    timeoutMs: 90_000,
  },
  async ({ runtime, rpc, streaming }) => {
    const { id: containerId } = await runtime.startContainer();
    const request = { containerId, cmd: ["true"], stdout: true };
    // The streaming server that all runtimes of today share keeps 1000.
    const calls = Array.from({ length: 1_100 }, () => answerOf(rpc.exec(request)));
    const answers = await Promise.all(calls);
    const refusals = answers.filter((answer) => answer instanceof RpcError).map(({ codeName }) => codeName);

    const otherCodes = refusals.filter((name) => name !== "ResourceExhausted");
    expect(otherCodes, "codes of refusals besides ResourceExhausted").to.be.empty;
    const { status } = await rpc.status({});
    const ready = status?.conditions.find(({ type }) => type === "RuntimeReady");
    expect(ready, "RuntimeReady").to.have.fields({ status: true });

    const urls = answers.flatMap((answer) => (answer instanceof RpcError ? [] : [answer.url]));
    for (let at = 0; at < urls.length; at += 50) {
      // A request without an upgrade is refused, and uses the URL up.
      await Promise.all(urls.slice(at, at + 50).map((url) => requestOnce(streaming, url)));
    }
    expect((await rpc.exec(request)).url, "ExecResponse.url after the others were used").to.not.equal("");
  },
);
