import { join } from "node:path";
import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";
import { CriConnection } from "../../../../src/cri/client.js";
import { parseEndpoint } from "../../../../src/cri/endpoint.js";
import { expect as expectOf } from "../../../../src/harness/index.js";
import { makeSpec, type SpecBody } from "../../../../src/harness/spec.js";
import { loadImageCatalogue } from "../../../../src/images/catalogue.js";
import { publicImages } from "../../../../src/images/public-images.js";
import { allFaults, chooseFaults } from "../../../../src/prove/faults/catalogue.js";
import { ConditionalFaults } from "../../../../src/prove/faults/conditional.js";
import { EquivalentFaults } from "../../../../src/prove/faults/equivalent.js";
import { ProveState } from "../../../../src/prove/run/prove-state.js";
import { prove } from "../../../../src/prove/run/prove.js";
import { createTempFolder, type TempFolder } from "../../../../src/support/temp-folder.js";
import { startFakeRuntime, type FakeRuntime } from "../../../support/fake-runtime.js";

const spec = (id: string, body: SpecBody) =>
  makeSpec(id, { title: "a test", level: "required", rpcs: ["PodSandboxStatus"], clause: "none" }, body);

/** Looks at the labels of a sandbox. */
const looking = spec("SBX-901", async ({ runtime, rpc }) => {
  const { id } = await runtime.runSandbox({ labels: { a: "b" } });
  const { status } = await rpc.podSandboxStatus({ podSandboxId: id });
  expectOf(status?.labels["a"], "label a").to.equal("b");
});

/** Reads the labels and makes nothing of them. */
const careless = spec("SBX-902", async ({ runtime, rpc, note }) => {
  const { id } = await runtime.runSandbox();
  const { status } = await rpc.podSandboxStatus({ podSandboxId: id });
  note(`labels: ${Object.keys(status?.labels ?? {}).length}`);
});

/** Fails by itself. */
const failing = spec("SBX-903", async ({ rpc }) => {
  await rpc.podSandboxStatus({ podSandboxId: "nothing" });
});

const NOTHING_CONDITIONAL = ConditionalFaults.parse("[]", "none", []);

describe("proving", () => {
  let folder: TempFolder;
  let runtime: FakeRuntime;
  let connection: CriConnection;

  beforeEach(async () => {
    folder = await createTempFolder("prove-test");
    runtime = await startFakeRuntime();
    connection = new CriConnection(parseEndpoint(runtime.socketPath));
  });
  afterEach(async () => {
    connection.close();
    await runtime.close();
    await folder.remove();
  });

  const openState = (): ProveState =>
    ProveState.open(join(folder.path, "prove.ndjson"), {
      suiteVersion: "1",
      runtimeName: "fake",
      runtimeVersion: "1",
      handler: "",
    });

  async function run(
    specs: ReturnType<typeof spec>[],
    ids: string[],
    state: ProveState,
    { allKillers = false, conditional = NOTHING_CONDITIONAL, budgetMs = Infinity } = {},
  ) {
    await prove({
      connection,
      handler: "",
      images: publicImages({ catalogue: await loadImageCatalogue() }),
      signal: new AbortController().signal,
      specs,
      faults: chooseFaults(allFaults(), { ids }),
      equivalent: EquivalentFaults.parse("[]", "none", []),
      conditional,
      state,
      parallel: 2,
      timeoutMs: 20_000,
      seed: 1,
      specsPerFault: 10,
      allKillers,
      budgetMs,
      onProgress: () => undefined,
    });
    return Object.fromEntries([...state.faults.values()].map(({ id, verdict }) => [id, verdict]));
  }

  it("tells faults that a spec notices from those that it does not, and from what cannot be", async () => {
    const state = openState();
    const verdicts = await run(
      [looking, failing],
      [
        "wrong:PodSandboxStatus.status.labels",
        "wrong:PodSandboxStatus.status.state",
        "omitted:PodSandboxStatus.status.network",
        "noop:RemovePodSandbox",
        "noop:RuntimeConfig",
      ],
      state,
    );
    expect(verdicts).to.deep.equal({
      "wrong:PodSandboxStatus.status.labels": "killed",
      "wrong:PodSandboxStatus.status.state": "untouched",
      "omitted:PodSandboxStatus.status.network": "absent",
      "noop:RemovePodSandbox": "untouched",
      "noop:RuntimeConfig": "absent",
    });
    expect(state.baseline.map(({ id, status }) => `${id} ${status}`)).to.have.members([
      "SBX-901 passed",
      "SBX-903 failed",
    ]);
  });

  it("says why nobody can notice a fault of a feature whose specs do not apply, and blames the suite where one does", async () => {
    const lacking = spec("SBX-905", ({ notApplicable }) => notApplicable("no SELinux on the node", "host"));
    const fault = "ignored:RunPodSandbox.config.linux.security_context.selinux_options";
    const conditional = ConditionalFaults.parse(`[{ faults: ["${fault}"], specs: [SBX-905, SBX-906] }]`, "it", [fault]);
    const state = openState();
    expect(await run([lacking, looking], [fault], state, { conditional })).to.deep.equal({ [fault]: "absent" });
    expect(state.faults.get(fault)?.reason).to.equal("SBX-905 not applicable: no SELinux on the node");

    const applying = spec("SBX-906", looking.body);
    state.faults.clear();
    expect(await run([lacking, applying], [fault], state, { conditional })).to.deep.equal({ [fault]: "untouched" });
  });

  it("tries a spec that had nothing to look at, for with the fault it may have", async () => {
    const idle = spec("SBX-907", async ({ runtime, rpc, notApplicable }) => {
      const { id } = await runtime.runSandbox();
      const { timestamp } = await rpc.podSandboxStatus({ podSandboxId: id });
      if (timestamp === 0n) return notApplicable("no timestamp");
      expectOf(timestamp > 1_000_000n, "whether it is in nanoseconds").to.equal(true);
    });
    const fault = "wrong:PodSandboxStatus.timestamp";
    expect(await run([idle, looking], [fault], openState())).to.deep.equal({ [fault]: "killed" });
  });

  it("says that a fault survives specs which look and do not care", async () => {
    const verdicts = await run([careless], ["wrong:PodSandboxStatus.status.labels"], openState());
    expect(verdicts).to.deep.equal({ "wrong:PodSandboxStatus.status.labels": "survived" });
  });

  it("goes on after the first killer when all are asked for", async () => {
    const state = openState();
    await run([looking, careless], ["noop:PodSandboxStatus"], state, { allKillers: true });
    expect(
      state.faults.get("noop:PodSandboxStatus")?.trials.map(({ spec: id, end }) => `${id} ${end}`),
    ).to.have.members(["SBX-901 killed", "SBX-902 passed"]);
  });

  it("tries faults even where the run without a fault takes longer than there is time for all", async () => {
    const fault = "wrong:PodSandboxStatus.status.labels";
    expect(await run([looking], [fault], openState(), { budgetMs: 1 })).to.deep.equal({ [fault]: "killed" });
  });

  it("leaves nothing on the runtime, even where a fault hides what was made", async () => {
    await run([looking], ["wrong:RunPodSandbox.pod_sandbox_id", "omitted:RunPodSandbox.pod_sandbox_id"], openState());
    expect(runtime.sandboxes.size).to.equal(0);
  });

  it("notes with which fault the runtime went, and goes on without it", async () => {
    let runs = 0;
    const deadly = spec("SBX-904", async ({ rpc }) => {
      await rpc.listPodSandbox({});
      if (runs++ > 0) runtime.crash();
    });
    const lost = await run([deadly], ["noop:ListPodSandbox"], openState()).catch((error: Error) => error.name);
    expect(lost).to.equal("RuntimeLostError");
    await runtime.close();
    runtime = await startFakeRuntime();
    connection.close();
    connection = new CriConnection(parseEndpoint(runtime.socketPath));
    const verdicts = await run([deadly], ["noop:ListPodSandbox"], openState());
    expect(verdicts).to.deep.equal({ "noop:ListPodSandbox": "absent" });
  });

  it("does not try again what a continued state knows", async () => {
    await run([looking], ["noop:PodSandboxStatus"], openState());
    const calls = runtime.calls.filter((name) => name === "RunPodSandbox").length;
    await run([looking], ["noop:PodSandboxStatus"], openState());
    expect(runtime.calls.filter((name) => name === "RunPodSandbox")).to.have.lengthOf(calls);
  });
});
