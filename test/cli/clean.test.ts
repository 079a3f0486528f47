import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";

import { createTempFolder, type TempFolder } from "../../src/support/temp-folder.js";
import { startFakeRuntime, type Answers, type FakeRuntime } from "../support/fake-runtime.js";
import { podOfRun } from "../support/labelled-pod.js";
import { runCritique, type CritiqueOptions } from "./run-critique.js";

const FOREIGN = { metadata: { name: "web", uid: "1", namespace: "shop", attempt: 0 }, labels: {} };

describe("critique clean", () => {
  let folder: TempFolder;
  let runtime: FakeRuntime;
  let env: NodeJS.ProcessEnv;

  beforeEach(async () => {
    folder = await createTempFolder("cli-clean");
    env = { CRITIQUE_STATE_FOLDER: join(folder.path, "state"), TMPDIR: folder.path };
    await start();
  });
  afterEach(async () => {
    await runtime.close();
    await folder.remove();
  });

  async function start(answers: Answers = {}): Promise<void> {
    runtime = await startFakeRuntime(answers);
    runtime.sandboxes.set("foreign", { config: FOREIGN as never, state: 0 });
  }
  const run = (options: CritiqueOptions = {}) =>
    runCritique(["run", "-r", runtime.socketPath, "--ids", "SBX-004", "--report-dir", join(folder.path, "out")], {
      env,
      ...options,
    });
  /** Runs until the first pod is there, then kills the process. */
  async function killWithPod(): Promise<void> {
    const podThere = { now: () => undefined as void };
    await runtime.close();
    await start({
      podSandboxStatus: () => {
        podThere.now();
        return new Promise<never>(() => undefined);
      },
    });
    await run({ onStderr: (_text, child) => (podThere.now = () => void child.kill("SIGKILL")) });
    expect(runtime.sandboxes.size, "pods after the kill").to.equal(2);
  }
  /** The same runtime, which answers again. */
  async function mend(): Promise<void> {
    const { sandboxes, socketPath } = runtime;
    await runtime.close();
    runtime = await startFakeRuntime({}, socketPath);
    for (const [id, sandbox] of sandboxes) runtime.sandboxes.set(id, sandbox);
  }
  const pods = () => [...runtime.sandboxes.keys()];
  const runFolders = async () => (await readdir(folder.path)).filter((name) => name.startsWith("critique-run-"));

  it("removes what a killed run left, and nothing else", async () => {
    await killWithPod();
    await mend();
    expect(await runFolders()).to.have.lengthOf(1);
    const end = await runCritique(["clean"], { env });
    expect(end.code, end.stderr).to.equal(0);
    expect(end.stdout).to.match(/removed or put back: sandbox sandbox-0\n/);
    expect(pods()).to.deep.equal(["foreign"]);
    expect(await runFolders()).to.be.empty;

    const again = await runCritique(["clean"], { env });
    expect(again).to.include({ code: 0, stdout: "" });
    expect(again.stderr).to.include("nothing is left");
  });

  it("is done by the next run at the same endpoint as well", async () => {
    await killWithPod();
    await mend();
    const end = await run();
    expect(end.code, end.stderr).to.equal(0);
    expect(end.stderr).to.include("removed or put back: sandbox sandbox-0");
    expect(pods()).to.deep.equal(["foreign"]);
  });

  it("leaves pods alone that carry the label of a run it knows nothing of", async () => {
    runtime.sandboxes.set("unknown", { config: podOfRun("somebody-elses") as never, state: 0 });
    expect((await runCritique(["clean"], { env })).code).to.equal(0);
    expect((await run()).code).to.equal(0);
    expect(pods()).to.deep.equal(["foreign", "unknown"]);
  });

  it("exits 3 and tries again later while the runtime is away", async () => {
    await killWithPod();
    const { sandboxes, socketPath } = runtime;
    runtime.crash();
    const end = await runCritique(["clean"], { env });
    expect(end.code).to.equal(3);
    expect(end.stdout).to.include("still there: what it made in the runtime");
    expect(await runFolders()).to.be.empty;

    await runtime.close();
    runtime = await startFakeRuntime({}, socketPath);
    for (const [id, sandbox] of sandboxes) runtime.sandboxes.set(id, sandbox);
    expect((await runCritique(["clean", "--json"], { env })).code).to.equal(0);
    expect(pods()).to.deep.equal(["foreign"]);
  });
});
