import { behaviour, expect, sh, type StreamingClient, type StreamWay } from "../../src/harness/index.js";
import { endOf } from "./received.js";

/** The newest version of each transport, as far as it tells how the process ended. */
async function waysWithStatus(streaming: StreamingClient, containerId: string): Promise<StreamWay[]> {
  const ways = await streaming.newestStreamWays(containerId);
  const telling = ways.filter(({ protocols }) => /^v[45]/.test(protocols[0] ?? ""));
  expect(
    telling.map(({ name }) => name),
    "transports on offer with version 4 or later, which kubectl needs to know an exit code",
  ).to.not.be.empty;
  return telling;
}

behaviour(
  "STR-015",
  {
    title: "Success is told as a status object, after the output is complete",
    level: "required",
    rpcs: ["Exec"],
    clause: "v4.channel.k8s.io: the error stream carries a Status object",
  },
  async ({ runtime, streaming }) => {
    const { id } = await runtime.startContainer();

    for (const way of await waysWithStatus(streaming, id)) {
      const session = await streaming.exec(id, sh("printf o; printf e >&2"), { ...way, stdout: true, stderr: true });

      const { stdout, stderr, exit } = await endOf(session);
      expect(exit, `end of the session over ${way.name}`).to.have.fields({
        kind: "exited",
        code: 0,
        status: { status: "Success" },
      });
      expect(stdout + stderr, `outputs over ${way.name}`).to.equal("oe");
    }
  },
);

behaviour(
  "STR-016",
  {
    title: "The exit code of a failing command is in the status object",
    level: "required",
    rpcs: ["Exec"],
    clause: "v4.channel.k8s.io: a Status with reason NonZeroExitCode and the code in its ExitCode cause",
  },
  async ({ runtime, streaming }) => {
    const { id } = await runtime.startContainer();
    const commands: [code: number, script: string][] = [
      [1, "exit 1"],
      [7, "exit 7"],
      [126, "exit 126"],
      [127, "exit 127"],
      [255, "exit 255"],
      [137, "kill -9 $$"],
    ];

    for (const way of await waysWithStatus(streaming, id)) {
      await Promise.all(
        commands.map(async ([code, script]) => {
          const { exit } = await endOf(await streaming.exec(id, sh(script), { ...way, stdout: true }));
          expect(exit, `end of \`${script}\` over ${way.name}`).to.have.fields({
            kind: "exited",
            code,
            status: { status: "Failure", reason: "NonZeroExitCode" },
          });
        }),
      );
    }
  },
);

behaviour(
  "STR-017",
  {
    title: "A command that cannot be started is told as a failure that names it",
    level: "required",
    rpcs: ["Exec", "StopContainer"],
    clause: "v4.channel.k8s.io: a Status of failure: InternalError, or the exit code 126 or 127 of a shell",
  },
  async ({ runtime, rpc, streaming }) => {
    const { id } = await runtime.startContainer();

    for (const way of await waysWithStatus(streaming, id)) {
      const { exit } = await endOf(await streaming.exec(id, ["/no/such"], { ...way, stdout: true }));

      if (exit.kind === "exited") {
        expect(exit.code, `exit code of a command that does not exist over ${way.name}`).to.be.oneOf([126, 127]);
      } else {
        expect(exit, `end of a command that does not exist over ${way.name}`).to.have.fields({
          kind: "failed",
          reason: "InternalError",
          status: { code: 500 },
        });
        expect("message" in exit && exit.message, `message over ${way.name}`).to.include("/no/such");
      }
    }
    await rpc.stopContainer({ containerId: id, timeout: 5n }, { timeoutMs: 20_000 });
  },
);
