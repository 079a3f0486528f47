import { randomBytes } from "node:crypto";
import {
  answerOf,
  behaviour,
  expect,
  expectError,
  RpcError,
  UpgradeRefusedError,
  type StreamingClient,
  type StreamWay,
} from "../../src/harness/index.js";
import { endOf, Received } from "./received.js";

behaviour(
  "STR-009",
  {
    title: "Exec and Attach refuse requests without a container or with impossible streams",
    level: "required",
    rpcs: ["Exec", "Attach"],
    clause: "ExecRequest, AttachRequest: one of stdin, stdout and stderr must be true; tty excludes stderr",
  },
  async ({ runtime, rpc }) => {
    const { id: containerId } = await runtime.startContainer();
    const wrong = {
      "without a container": { containerId: "", stdout: true },
      "with tty and stderr": { containerId, tty: true, stdout: true, stderr: true },
      "without any stream": { containerId },
    };

    for (const [what, request] of Object.entries(wrong)) {
      await expectError(rpc.exec({ ...request, cmd: ["true"] }), "any", `Exec ${what}`);
      await expectError(rpc.attach(request), "any", `Attach ${what}`);
    }
  },
);

behaviour(
  "STR-010",
  {
    title: "PortForward refuses what is no running pod sandbox",
    level: "required",
    rpcs: ["PortForward", "StopPodSandbox"],
    clause: "PortForwardRequest.pod_sandbox_id: the pod sandbox to forward to",
  },
  async ({ runtime, rpc, streaming }) => {
    const unknown = randomBytes(32).toString("hex");
    await expectError(rpc.portForward({ podSandboxId: "", port: [80] }), "any", "PortForward without a sandbox");
    await expectError(
      rpc.portForward({ podSandboxId: unknown, port: [80] }),
      "any",
      "PortForward to an unknown sandbox",
    );

    const sandbox = await runtime.runSandbox();
    const ways = await streaming.forwardWays(sandbox.id);
    await sandbox.stop();
    // The RPC may let it pass; then the connection fails.
    const answer = await answerOf(rpc.portForward({ podSandboxId: sandbox.id, port: [80] }));
    if (answer instanceof RpcError || !ways[0]) return;
    const session = await streaming.portForward(sandbox.id, [80], ways[0]);
    const connection = await session.connect(80);
    const received = new Received(connection);
    await received.untilOver();
    await session.close();
    expect(received.text, "bytes of a stopped sandbox").to.equal("");
    expect(await connection.errorText, "error of a connection to a stopped sandbox").to.not.equal("");
  },
);

/** How an attempt to reach a container that does not run ends; undefined where it looks like a success. */
async function refusal(
  streaming: StreamingClient,
  way: StreamWay,
  rpc: "exec" | "attach",
  containerId: string,
): Promise<string | undefined> {
  try {
    const session = await (rpc === "exec"
      ? streaming.exec(containerId, ["touch", "/tmp/started"], { ...way, stdout: true })
      : streaming.attach(containerId, { ...way, stdout: true }));
    const { exit } = await endOf(session);
    return exit.kind === "failed" || (exit.kind === "exited" && exit.code !== 0) ? `session: ${exit.kind}` : undefined;
  } catch (error) {
    if (error instanceof RpcError && !error.local && !error.is("Unavailable")) return error.codeName;
    if (error instanceof UpgradeRefusedError) return `HTTP ${error.refusal.statusCode}`;
    throw error;
  }
}

behaviour(
  "STR-011",
  {
    title: "Exec and Attach fail for containers that are unknown or do not run",
    level: "required",
    rpcs: ["Exec", "Attach"],
    clause: "Exec, Attach: in a running container; the RPC fails, or its session does",
  },
  async ({ runtime, streaming }) => {
    const sandbox = await runtime.borrowSandbox();
    const [running, created, exited] = await Promise.all([
      sandbox.startContainer(),
      sandbox.createContainer(),
      sandbox.startContainer({ command: ["true"] }),
    ]);
    await exited.exited();
    const [way] = await streaming.newestStreamWays(running.id);
    const containers = { unknown: randomBytes(32).toString("hex"), created: created.id, exited: exited.id };

    for (const [what, id] of Object.entries(containers)) {
      for (const rpc of ["exec", "attach"] as const) {
        expect(await refusal(streaming, way, rpc, id), `failure of ${rpc} with a container that is ${what}`).to.be.a(
          "string",
        );
      }
    }
    await created.start();
    const { exitCode } = await created.execSync(["test", "-e", "/tmp/started"]);
    expect(exitCode, "exit code of a look for the file that the command makes").to.equal(1);
  },
);
