import { create } from "@bufbuild/protobuf";
import { status } from "@grpc/grpc-js";
import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";
import { CriConnection } from "../../../src/cri/client.js";
import { parseEndpoint } from "../../../src/cri/endpoint.js";
import { PodSandboxState, PodSandboxStatusSchema } from "../../../src/cri/gen/runtime/v1/api_pb.js";
import { Cleanup } from "../../../src/harness/cleanup.js";
import { SandboxPool } from "../../../src/harness/sandbox-pool.js";
import { Refusal, startFakeRuntime, type FakeRuntime } from "../../support/fake-runtime.js";

describe("sandboxes that specs use one after the other", () => {
  let runtime: FakeRuntime;
  let connection: CriConnection;
  let pool: SandboxPool;
  let state: PodSandboxState;
  let containersStay: boolean;
  let refusals: number[];

  beforeEach(async () => {
    state = PodSandboxState.SANDBOX_READY;
    containersStay = false;
    refusals = [];
    runtime = await startFakeRuntime({
      podSandboxStatus: () => ({ status: create(PodSandboxStatusSchema, { state }) }),
      createContainer: () => ({ containerId: "c" }),
      removeContainer: () => {
        if (containersStay) throw new Refusal(status.UNAVAILABLE, "not now");
        return {};
      },
      removePodSandbox: () => {
        const code = refusals.shift();
        if (code !== undefined) throw new Refusal(code, "the sandbox stays");
        return {};
      },
    });
    connection = new CriConnection(parseEndpoint(runtime.socketPath));
    pool = new SandboxPool(connection.rpc());
  });

  afterEach(async () => {
    connection.close();
    await runtime.close();
  });

  /** What a spec does with a borrowed sandbox; returns the sandbox's id. */
  async function spec(
    ending: "well" | "badly",
    act?: (rpc: ReturnType<CriConnection["rpc"]>, id: string) => unknown,
    specId = "CTR-001",
  ) {
    const cleanup = new Cleanup(connection.rpc(), "run", specId, () => false, pool);
    const rpc = connection.rpc({ onCall: (call) => cleanup.observe(call) });
    const left = await pool.take();
    const id = left?.id ?? (await rpc.runPodSandbox({ config: {} })).podSandboxId;
    cleanup.borrow(left ?? { id, config: {} });
    await rpc.createContainer({ podSandboxId: id });
    await act?.(rpc, id);
    await cleanup.run(ending === "well");
    return id;
  }

  const count = (call: string): number => runtime.calls.filter((name) => name === call).length;

  it("passes a sandbox on, without its containers, after a spec that ended well", async () => {
    const first = await spec("well");
    expect(await spec("well")).to.equal(first);
    expect(count("RunPodSandbox")).to.equal(1);
    expect(count("RemoveContainer")).to.equal(2);
    expect(count("RemovePodSandbox")).to.equal(0);
  });

  it("hands a sandbox to one spec at a time", async () => {
    await spec("well");
    expect(await pool.take()).to.not.equal(undefined);
    expect(await pool.take()).to.equal(undefined);
  });

  it("removes a sandbox after a spec that failed", async () => {
    await spec("well");
    await spec("badly");
    expect(count("RemovePodSandbox")).to.equal(1);
    expect(await pool.take()).to.equal(undefined);
  });

  it("knows on whose account a sandbox was given up, whoever made it", async () => {
    const id = await spec("well");
    expect(pool.lastUser(id)).to.equal(undefined);
    await spec("badly", undefined, "CTR-002");
    expect(pool.lastUser(id)).to.equal("CTR-002");
  });

  it("removes a sandbox that a spec stopped", async () => {
    await spec("well", (rpc, id) => rpc.stopPodSandbox({ podSandboxId: id }));
    expect(count("RemovePodSandbox")).to.equal(1);
    expect(await pool.take()).to.equal(undefined);
  });

  it("removes a sandbox whose containers cannot be removed", async () => {
    containersStay = true;
    await spec("well");
    expect(count("RemovePodSandbox")).to.equal(1);
    expect(await pool.take()).to.equal(undefined);
  });

  it("does not hand out a sandbox that ended by itself, and removes it at the end", async () => {
    await spec("well");
    state = PodSandboxState.SANDBOX_NOTREADY;
    expect(await pool.take()).to.equal(undefined);
    expect(await pool.drain()).to.be.empty;
    expect(count("RemovePodSandbox")).to.equal(1);
  });

  it("asks again at the end while a runtime refuses a removal for now, and tells of one that fails", async () => {
    await spec("well");
    refusals = [status.FAILED_PRECONDITION, status.FAILED_PRECONDITION];
    expect(await pool.drain()).to.be.empty;
    expect(count("RemovePodSandbox")).to.equal(3);

    const id = await spec("well");
    refusals = [status.UNAVAILABLE];
    const [trouble = "", ...others] = await pool.drain();
    expect(trouble).to.include(`sandbox ${id}: `).and.include("the sandbox stays");
    expect(others).to.be.empty;
  });
});
