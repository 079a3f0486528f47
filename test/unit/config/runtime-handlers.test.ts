import { expect } from "chai";
import { status } from "@grpc/grpc-js";
import { afterEach, describe, it } from "mocha";

import { UsageError } from "../../../src/config/errors.js";
import { checkHandler } from "../../../src/config/runtime-handlers.js";
import { CriConnection } from "../../../src/cri/client.js";
import { parseEndpoint } from "../../../src/cri/endpoint.js";
import { Refusal, startFakeRuntime, type Answers, type FakeRuntime } from "../../support/fake-runtime.js";

describe("runtime handlers", () => {
  let runtime: FakeRuntime | undefined;
  let connection: CriConnection | undefined;
  afterEach(async () => {
    connection?.close();
    await runtime?.close();
  });

  async function check(handler: string, answers: Answers): Promise<unknown> {
    runtime = await startFakeRuntime(answers);
    connection = new CriConnection(parseEndpoint(runtime.socketPath));
    return checkHandler(connection.rpc(), handler).then(
      () => "known",
      (error: unknown) => error,
    );
  }

  const containerd = { config: JSON.stringify({ containerd: { runtimes: { runc: {}, crun: {} } } }) };
  const listed: Answers["status"] = () => ({ runtimeHandlers: [{ name: "" }, { name: "kata" }] as never });

  it("are looked up in Status", async () => {
    expect(await check("kata", { status: listed })).to.equal("known");
    expect(runtime?.calls).not.to.include("RunPodSandbox");
  });

  it("that Status does not list are unknown, and the known ones are named", async () => {
    const error = await check("kat", { status: listed });
    expect(error).to.be.instanceOf(UsageError);
    expect((error as Error).message)
      .to.include('no handler "kat"')
      .and.include('did you mean "kata"?');
  });

  it("are looked up in containerd's verbose status", async () => {
    expect(await check("crun", { status: () => ({ info: containerd }) })).to.equal("known");
    await runtime?.close();
    expect(await check("runsc", { status: () => ({ info: containerd }) })).to.be.instanceOf(UsageError);
  });

  it("are tried where the runtime lists none, and the trial pod is removed", async () => {
    expect(await check("any", {})).to.equal("known");
    expect(runtime?.calls).to.include.members(["RunPodSandbox", "StopPodSandbox", "RemovePodSandbox"]);
    expect(runtime?.sandboxes.size).to.equal(0);
  });

  it("are unknown when the trial says so, and only then", async () => {
    const refuse = (message: string): Answers => ({
      runPodSandbox: () => {
        throw new Refusal(status.UNKNOWN, message);
      },
    });
    expect(await check("x", refuse('no runtime for "x" is configured'))).to.be.instanceOf(UsageError);
    await runtime?.close();
    expect(await check("x", refuse("failed to find runtime handler x from runtime list"))).to.be.instanceOf(UsageError);
    await runtime?.close();
    expect(await check("kata", refuse("/dev/kvm: no such device"))).to.equal("known");
  });

  it("are not asked for when none is named", async () => {
    expect(await check("", {})).to.equal("known");
    expect(runtime?.calls).to.deep.equal([]);
  });
});
