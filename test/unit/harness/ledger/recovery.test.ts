import { chmod, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";
import { CriConnection, type CriRpc } from "../../../../src/cri/client.js";
import { parseEndpoint } from "../../../../src/cri/endpoint.js";
import { Ledger } from "../../../../src/harness/ledger/ledger.js";
import { readLedgers } from "../../../../src/harness/ledger/read-ledger.js";
import { recoverEndpoint } from "../../../../src/harness/ledger/recover-all.js";
import { createTempFolder, type TempFolder } from "../../../../src/support/temp-folder.js";
import { startFakeRuntime, type Answers, type FakeRuntime } from "../../../support/fake-runtime.js";
import { rejection } from "../../../support/rejection.js";
import { podOfRun } from "../../../support/labelled-pod.js";

const RUN = "261121030405-abcdef";
const IMAGE = "127.0.0.1:4711/busybox:1";

describe("the ledger of a run", () => {
  let state: TempFolder;
  let runtime: FakeRuntime;
  let connection: CriConnection;
  let ledger: Ledger;
  let rpc: CriRpc;
  /** Names of the images on the runtime, by id. */
  let images: Map<string, string[]>;

  const imageAnswers = (): Answers => ({
    pullImage: ({ image }) => {
      images.set("sha256:1", [...(images.get("sha256:1") ?? []), image!.image]);
      return { imageRef: "sha256:1" };
    },
    imageStatus: ({ image }) => {
      const found = [...images].find(([id, names]) => id === image!.image || names.includes(image!.image));
      return found ? { image: { id: found[0], repoTags: found[1], repoDigests: [] } as never } : {};
    },
    removeImage: ({ image }) => {
      for (const [id, names] of images) if (id === image!.image || names.includes(image!.image)) images.delete(id);
      return {};
    },
  });

  beforeEach(async () => {
    state = await createTempFolder("ledger-test");
    images = new Map();
    runtime = await startFakeRuntime(imageAnswers());
    connection = new CriConnection(parseEndpoint(runtime.socketPath));
    const endpoint = connection.runtimeEndpoint.uri;
    ledger = await Ledger.open({ runId: RUN, endpoint, imageEndpoint: endpoint, stateFolder: state.path });
    rpc = connection.rpc(ledger.hooks);
  });
  afterEach(async () => {
    ledger.close();
    connection.close();
    await runtime.close();
    await state.remove();
  });

  /** The ledger as if the process that wrote it had been killed. */
  async function kill(): Promise<void> {
    const lines = (await readFile(ledger.path, "utf8")).split("\n");
    const run = JSON.parse(lines[0]!) as { process: { startTicks: number } };
    run.process.startTicks += 1;
    await writeFile(ledger.path, [JSON.stringify(run), ...lines.slice(1)].join("\n"));
  }
  const recover = async () => recoverEndpoint(await readLedgers(state.path), connection);
  const files = () => readdir(join(state.path, "ledger"));

  it("leaves nothing on disk when everything made was removed", async () => {
    const { podSandboxId } = await rpc.runPodSandbox({ config: podOfRun(RUN) });
    await rpc.pullImage({ image: { image: IMAGE } });
    expect(await files()).to.have.lengthOf(1);
    await rpc.removePodSandbox({ podSandboxId });
    await rpc.removeImage({ image: { image: IMAGE } });
    ledger.close();
    expect(await files()).to.be.empty;
  });

  it("is private, and stays where something is left", async () => {
    await rpc.runPodSandbox({ config: podOfRun(RUN) });
    ledger.close();
    const [left] = await readLedgers(state.path);
    expect(left).to.include({ isAlive: true });
    expect(left?.entries.map(({ type }) => type)).to.deep.equal(["run", "asked", "made"]);
  });

  it("never touches a run that is under way", async () => {
    await rpc.runPodSandbox({ config: podOfRun(RUN) });
    expect(await recover()).to.be.empty;
    expect(runtime.sandboxes.size).to.equal(1);
  });

  it("removes pods, images and the folder of a killed run, and nothing of others", async () => {
    const folder = await createTempFolder("run", state.path);
    const outside = join(state.path, "outside");
    await mkdir(outside);
    await writeFile(join(outside, "keep"), "");
    await symlink(outside, join(folder.path, "planted"));
    ledger.begin(folder.path, new Set());
    await rpc.runPodSandbox({ config: podOfRun(RUN) });
    await rpc.pullImage({ image: { image: IMAGE } });
    const others = connection.rpc();
    await others.runPodSandbox({ config: podOfRun("another-run") });
    await others.runPodSandbox({ config: { metadata: { name: "web", uid: "1", namespace: "shop", attempt: 0 } } });
    await kill();

    const [recovery] = await recover();
    expect(recovery).to.deep.include({ runId: RUN, trouble: [] });
    expect([...runtime.sandboxes.values()].map(({ config }) => config.metadata?.name)).to.deep.equal([
      "critique-another-run-sbx-001-0",
      "web",
    ]);
    expect(images.size).to.equal(0);
    expect(await readdir(state.path)).to.have.members(["ledger", "outside"]);
    expect(await readdir(outside)).to.deep.equal(["keep"]);
    expect(await files()).to.be.empty;
  });

  it("knows the pods that the runtime has removed from those that it keeps", async () => {
    const { podSandboxId: first } = await rpc.runPodSandbox({ config: podOfRun(RUN) });
    const { podSandboxId: second } = await rpc.runPodSandbox({ config: podOfRun(RUN) });
    await rpc.removePodSandbox({ podSandboxId: first });
    expect([...ledger.removedPodIds()]).to.deep.equal([first]);
    await rpc.removePodSandbox({ podSandboxId: second });
    expect([...ledger.removedPodIds()]).to.have.members([first, second]);
  });

  it("removes the other pods while the runtime does not let one go", async () => {
    connection.close();
    await runtime.close();
    let otherIsGone = (): void => undefined;
    const untilOtherIsGone = new Promise<void>((resolve) => (otherIsGone = resolve));
    const answers: Answers = {
      stopPodSandbox: async ({ podSandboxId }) => {
        if (podSandboxId === "stuck") await untilOtherIsGone;
        return {};
      },
      removePodSandbox: ({ podSandboxId }) => {
        runtime.sandboxes.delete(podSandboxId);
        if (podSandboxId === "other") otherIsGone();
        return {};
      },
    };
    runtime = await startFakeRuntime(answers, runtime.socketPath);
    connection = new CriConnection(parseEndpoint(runtime.socketPath));
    for (const id of ["stuck", "other"]) {
      runtime.sandboxes.set(id, { config: podOfRun(RUN) as never, state: 0 });
    }
    await kill();
    const [recovery] = await recover();
    expect(recovery).to.deep.include({ runId: RUN, trouble: [] });
    expect(runtime.sandboxes.size).to.equal(0);
  });

  it("finds a pod whose creation was never answered, by its label", async () => {
    await runtime.close();
    runtime = await startFakeRuntime({ ...imageAnswers(), runPodSandbox: () => new Promise(() => undefined) });
    connection.close();
    connection = new CriConnection(parseEndpoint(runtime.socketPath));
    await connection
      .rpc(ledger.hooks)
      .runPodSandbox({ config: podOfRun(RUN) }, { timeoutMs: 50 })
      .catch(() => undefined);
    runtime.sandboxes.set("late", { config: podOfRun(RUN) as never, state: 0 });
    await kill();
    const text = (await readFile(ledger.path, "utf8")).replaceAll(
      /"endpoint":"[^"]*"/g,
      `"endpoint":"${connection.runtimeEndpoint.uri}"`,
    );
    await writeFile(ledger.path, text);
    await recover();
    expect(runtime.sandboxes.size).to.equal(0);
  });

  it("does not trust an id alone: a pod under that id that is not the run's stays", async () => {
    const { podSandboxId } = await rpc.runPodSandbox({ config: podOfRun(RUN) });
    const foreign = { metadata: { name: "web" }, labels: {} };
    runtime.sandboxes.set(podSandboxId, { config: foreign as never, state: 0 });
    await kill();
    await recover();
    expect([...runtime.sandboxes.keys()]).to.deep.equal([podSandboxId]);
  });

  it("leaves an image that has names of others, and images that were there before", async () => {
    images.set("sha256:1", ["registry.example.com/base:1"]);
    await rpc.pullImage({ image: { image: IMAGE } });
    await kill();
    const [recovery] = await recover();
    expect(recovery?.trouble.join()).to.include("registry.example.com/base:1");
    expect(images.get("sha256:1")).to.include("registry.example.com/base:1");

    images.set("sha256:2", ["docker.io/library/alpine:3"]);
    ledger.begin("/nonexistent", new Set(["sha256:2", "docker.io/library/alpine:3"]));
    await rpc.pullImage({ image: { image: "alpine:3" } });
    expect(await readFile(ledger.path, "utf8")).not.to.include("alpine");
  });

  it("puts back what was moved, never over what somebody put there meanwhile", async () => {
    const [moved, placed, replaced] = ["10.conflist", "!own.conflist", "20.conflist"].map((name) =>
      join(state.path, name),
    );
    for (const path of [moved!, replaced!]) {
      ledger.moving(path, `${path}.hidden`);
      await writeFile(`${path}.hidden`, "original");
    }
    ledger.placing(placed!);
    await writeFile(placed!, "");
    await writeFile(replaced!, "new");
    await kill();
    const [recovery] = await recover();
    expect(await readFile(moved!, "utf8")).to.equal("original");
    expect(await readFile(replaced!, "utf8")).to.equal("new");
    expect(await readdir(state.path)).not.to.include("!own.conflist");
    expect(recovery?.trouble).to.have.lengthOf(1);
    expect(await files()).to.have.lengthOf(1);
  });

  it("reads a ledger whose last line was cut off", async () => {
    await rpc.runPodSandbox({ config: podOfRun(RUN) });
    await kill();
    await writeFile(ledger.path, `${await readFile(ledger.path, "utf8")}{"type":"ma`);
    await recover();
    expect(runtime.sandboxes.size).to.equal(0);
  });

  it("refuses a state folder that others may write to", async () => {
    const open = join(state.path, "open");
    await mkdir(open, { mode: 0o777 });
    await chmod(open, 0o777);
    expect(String(await rejection(readLedgers(open)))).to.include("nobody else may write");
  });
});
