import { expect as check } from "chai";
import { status } from "@grpc/grpc-js";
import { describe, it } from "mocha";
import { CriConnection } from "../../../src/cri/client.js";
import { parseEndpoint } from "../../../src/cri/endpoint.js";
import { expect, expectError, NotApplicable, type SpecContext, until } from "../../../src/harness/index.js";
import { RUN_LABEL } from "../../../src/harness/ownership.js";
import { makeSpec, type BehaviourMeta, type Spec, type SpecBody } from "../../../src/harness/spec.js";
import { loadImageCatalogue } from "../../../src/images/catalogue.js";
import { publicImages } from "../../../src/images/public-images.js";
import { concludeRun } from "../../../src/report/conclusion.js";
import { Refusal, startFakeRuntime, type Answers, type FakeRuntime } from "../../support/fake-runtime.js";
import { runSpecs as run, type SpecsRun as Run } from "../../support/run-specs.js";

let next = 900;

/** A spec with this body under an id of its own, beside the declared ones. */
function spec(body: SpecBody, meta: Partial<BehaviourMeta> = {}): Spec {
  const defaults: BehaviourMeta = {
    title: "a test of the harness",
    level: "required",
    rpcs: ["Version"],
    clause: "none",
  };
  return makeSpec(`ERR-${next++}`, { ...defaults, ...meta }, body);
}

const verdicts = ({ results }: Run): string[] => results.specs.map((result) => result.verdict);
const aborted = async (signal: AbortSignal): Promise<void> => {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
};
const forever = () => new Promise<never>(() => undefined);

describe("a run", () => {
  it("does not end well where the runtime keeps a pod that it was told to remove, unless that is known", async () => {
    const refuse: Answers = {
      removePodSandbox: () => Promise.reject(new Refusal(status.UNAVAILABLE, "busy")),
    };
    const keeper = (): Spec => spec(async ({ runtime }) => void (await runtime.runSandbox()));
    const left = await run([keeper()], refuse);
    check(verdicts(left)).to.deep.equal(["passed"]);
    check(left.results.findings[0]).to.include({ about: "runtime", isDeviation: true });
    check(left.results.end).to.include({ how: "completed", exitCode: 1 });
    check(concludeRun(left.results).sentence).to.match(/did not behave as expected: 1 finding outside any spec\.$/);

    const failing = spec(async ({ runtime }) => {
      await runtime.runSandbox();
      expect(1, "one").to.equal(2);
    });
    const known = await run([failing], refuse, {
      expectations: () => ({ pattern: "ERR-*", reason: "known", where: "list.txt:1" }),
    });
    check(known.results.findings[0]).to.include({ about: "runtime" }).and.not.have.property("isDeviation");
    check(known.results.end).to.include({ how: "completed", exitCode: 0 });
  });

  it("passes a spec whose expectations hold, and removes what it created", async () => {
    const done = await run([spec(async ({ runtime }) => void (await runtime.runSandbox()))]);
    check(verdicts(done)).to.deep.equal(["passed"]);
    check(done.runtime.sandboxes.size).to.equal(0);
    check(done.results.end).to.include({ how: "completed", exitCode: 0 });
  });

  it("shows all mismatches of a failed spec, named as the contract names them", async () => {
    const body = async ({ runtime }: SpecContext): Promise<void> => {
      const sandbox = await runtime.runSandbox();
      expect(await sandbox.status(), "PodSandboxStatus").to.have.fields({ id: "other", createdAt: 1n, state: 1 });
      expect(3, "the number of things").to.equal(4);
      await expectError(sandbox.stop(), "NotFound", "StopPodSandbox of nothing");
    };
    const done = await run([spec(body)]);
    check(done.results.specs[0]?.attempts[0]?.outcome).to.deep.equal({
      status: "mismatch",
      mismatches: [
        { subject: "PodSandboxStatus.id", expected: '"other"', seen: '"sandbox-0"' },
        { subject: "PodSandboxStatus.created_at", expected: "1", seen: "0" },
        { subject: "PodSandboxStatus.state", expected: "SANDBOX_NOTREADY", seen: "SANDBOX_READY" },
        { subject: "the number of things", expected: "to equal 4", seen: "3" },
        { subject: "StopPodSandbox of nothing", expected: "NotFound", seen: "OK" },
      ],
    });
    check(done.results.end?.exitCode).to.equal(1);
  });

  it("fails a spec whose call is refused, with code and words", async () => {
    const answers: Answers = {
      runPodSandbox: () => {
        throw new Refusal(status.INVALID_ARGUMENT, "no <thanks>");
      },
    };
    const done = await run([spec(async ({ runtime }) => void (await runtime.runSandbox()))], answers);
    check(done.results.specs[0]).to.include({
      verdict: "failed",
      reason: "RunPodSandbox: expected OK, seen InvalidArgument (3): no <thanks>",
    });
  });

  it("calls a spec broken when the spec itself is wrong, and not the runtime's fault", async () => {
    const body: SpecBody = () => Promise.reject(new TypeError("undefined is not a function"));
    const done = await run([spec(body)]);
    check(verdicts(done)).to.deep.equal(["broken"]);
    check(done.results.end?.exitCode).to.equal(3);
  });

  it("never turns a mismatch into not applicable", async () => {
    const body: SpecBody = () => {
      expect(1, "one").to.equal(2);
      throw new NotApplicable("nothing to see");
    };
    check(verdicts(await run([spec(body)]))).to.deep.equal(["failed"]);
  });

  it("says that a spec does not apply when the run's images lack the one it needs", async () => {
    const publicOnly = publicImages({ catalogue: await loadImageCatalogue() });
    const body: SpecBody = async ({ runtime }) => void (await runtime.ensureImage("no-command"));
    const done = await run([spec(body), spec(() => Promise.resolve())], {}, { images: publicOnly });
    check(verdicts(done)).to.deep.equal(["notApplicable", "passed"]);
    check(done.results.specs[0]).to.include({ lack: "options" });
  });

  it("exits 3 when nothing was observed", async () => {
    const done = await run([spec(() => Promise.resolve(), { needs: ["list-streams"] })]);
    check(done.results.specs[0]).to.include({ verdict: "notApplicable", lack: "runtime" });
    check(done.results.end?.exitCode).to.equal(3);
  });

  it("ends a spec at its deadline and names the call that hangs", async () => {
    const body: SpecBody = async ({ rpc }) => void (await rpc.containerStatus({ containerId: "x" }));
    const done = await run([spec(body, { timeoutMs: 50 })], { containerStatus: forever });
    check(done.results.specs[0]?.reason).to.match(/no answer to ContainerStatus$/);
  });

  it("fails a spec that waits in vain for a condition until its deadline, and shows what was there", async () => {
    const body: SpecBody = async () => {
      await until("the sun to rise", () => false, { timeoutMs: 60_000, seen: () => "night" });
    };
    const done = await run([spec(body, { timeoutMs: 50 })]);
    check(done.results.specs[0]?.reason).to.equal(
      "condition: expected the sun to rise within the spec's deadline, seen night",
    );
  });

  it("leaves a spec behind that ignores its deadline", async () => {
    check(verdicts(await run([spec(forever, { timeoutMs: 20 })]))).to.deep.equal(["broken"]);
  });

  it("reports a spec that needed a retry as flaky", async () => {
    let attempts = 0;
    const body: SpecBody = () => {
      expect(++attempts, "attempts").to.equal(2);
      return Promise.resolve();
    };
    const done = await run([spec(body)], {}, { retries: 2 });
    check(verdicts(done)).to.deep.equal(["flaky"]);
    check(done.results.end?.exitCode).to.equal(1);
  });

  it("stops with the rest not run when the runtime dies", async () => {
    const state: { runtime?: FakeRuntime } = {};
    const runtime = await startFakeRuntime({
      containerStatus: () => {
        state.runtime?.crash();
        return forever();
      },
    });
    state.runtime = runtime;
    const connection = new CriConnection(parseEndpoint(runtime.socketPath));
    const kill = spec(async ({ rpc }) => void (await rpc.containerStatus({ containerId: "x" })));
    const wait = spec(async ({ signal }) => {
      await aborted(signal);
    });
    const { results } = await run([wait, kill], {}, { connection, parallel: 2, timeoutMs: 60_000, recoveryMs: 200 });
    connection.close();
    await runtime.close();
    check(results.end).to.include({ how: "runtimeLost", exitCode: 3 });
    const verdictOf = (id: string) => results.specs.find((result) => result.id === id)?.verdict;
    check(verdictOf(kill.info.id)).to.equal("broken");
    check(verdictOf(wait.info.id)).to.equal("notRun");
  });

  it("cleans up and exits 130 when interrupted", async () => {
    const abort = new AbortController();
    const body: SpecBody = async ({ runtime, signal }) => {
      await runtime.runSandbox();
      abort.abort();
      await aborted(signal);
    };
    const done = await run([spec(body), spec(body)], {}, { signal: abort.signal, parallel: 1 });
    check(verdicts(done)).to.deep.equal(["notRun", "notRun"]);
    check(done.results.end?.exitCode).to.equal(130);
    check(done.runtime.sandboxes.size).to.equal(0);
  });

  it("stops at the run's deadline, says so of every spec that did not run, and exits 3", async () => {
    const first = spec(async ({ runtime, signal }) => {
      await runtime.runSandbox();
      await aborted(signal);
    });
    const done = await run([first, spec(() => Promise.resolve())], {}, { deadlineMs: 1_500, parallel: 1, seed: 1 });
    check(done.results.end).to.include({ how: "timeout", reason: "its deadline of 1.5s has passed", exitCode: 3 });
    const reasons = done.results.specs.map((result) => result.reason);
    check(reasons).to.include("the run was stopped while this spec was under way");
    check(done.runtime.sandboxes.size).to.equal(0);
  });

  it("exits 1 when the runtime had misbehaved before the run's deadline", async () => {
    const wrong = spec(() => Promise.resolve(expect(1, "one").to.equal(2)).then(() => undefined));
    const wait = spec(({ signal }) => aborted(signal));
    const rest = spec(({ signal }) => aborted(signal));
    const done = await run([wrong, wait, rest], {}, { deadlineMs: 2_000, parallel: 2 });
    check(done.results.end).to.include({ how: "timeout", exitCode: 1 });
  });

  it("runs specs that need the node for themselves only when asked to, and says which it leaves out", async () => {
    const alone = () => spec(() => Promise.resolve(), { needs: ["no-other-pods"], locks: ["whole-node"] });
    const left = alone();
    const done = await run([left, spec(() => Promise.resolve())]);
    check(done.results.specs[0]).to.include({ verdict: "notApplicable", lack: "options" });
    check(done.results.notes.join()).to.include(left.info.id).and.include("--exclusive");
    check(verdicts(await run([alone()], {}, { exclusive: true }))).to.deep.equal(["passed"]);
    const others = { listPodSandbox: () => ({ items: [{ id: "foreign" } as never] }) };
    check(verdicts(await run([alone()], others, { exclusive: true }))).to.deep.equal(["notApplicable"]);
  });

  it("removes sandboxes of calls that failed, and never those of others", async () => {
    const answers: Answers = {};
    const foreign = { config: { labels: { [RUN_LABEL]: "another-run" }, metadata: undefined } as never, state: 0 };
    const runtime = await startFakeRuntime({
      runPodSandbox: ({ config }) => {
        runtime.sandboxes.set("half-made", { config: config!, state: 0 });
        throw new Refusal(status.INTERNAL, "failed half way");
      },
    });
    runtime.sandboxes.set("foreign", foreign);
    const connection = new CriConnection(parseEndpoint(runtime.socketPath));
    await run([spec(async ({ runtime: client }) => void (await client.runSandbox()))], answers, { connection });
    connection.close();
    await runtime.close();
    check([...runtime.sandboxes.keys()]).to.deep.equal(["foreign"]);
  });
});
