import { randomBytes } from "node:crypto";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import {
  behaviour,
  type Container,
  ContainerState,
  expect,
  expectError,
  type PodSandbox,
  type SpecContext,
} from "../../src/harness/index.js";
import { bumped, COUNTER, countOf, passes } from "./counter.js";

interface Counters {
  sandbox: PodSandbox;
  containers: Container[];
  /** Where each counter was before the checkpoint. */
  counts: number[];
}

async function startCounters({ runtime }: Pick<SpecContext, "runtime">): Promise<Counters> {
  const sandbox = await runtime.runSandbox();
  const start = () => sandbox.startContainer({ command: COUNTER });
  const containers = await Promise.all([start(), start()]);
  return { sandbox, containers, counts: await Promise.all(containers.map(bumped)) };
}

/** Freezing, dumping and thawing a few small processes takes a second or two. */
const CHECKPOINT_MS = 30_000;

behaviour(
  "CKP-004",
  {
    title: "CheckpointPod captures all selected containers or nothing",
    level: "optional",
    rpcs: ["CheckpointPod", "ContainerStatus"],
    clause:
      "CheckpointPodRequest: running containers of the sandbox, each once, into an existing empty folder, in time",
    needs: ["checkpoint-pod", "node-root"],
  },
  async (context) => {
    const { runtime, rpc, tempFolder } = context;
    const { sandbox, containers } = await startCounters(context);
    const foreign = await runtime.startContainer({ pod: {} });
    const exited = await sandbox.startContainer({ command: ["/bin/true"] });
    await exited.exited();
    const folder = await tempFolder("checkpoint");
    const ids = containers.map(({ id }) => id);
    const right = { podSandboxId: sandbox.id, containerIds: ids, options: {} };
    const unknown = randomBytes(32).toString("hex");

    const wrong: [string, Partial<typeof right>][] = [
      ["no containers", { containerIds: [] }],
      ["a container named twice", { containerIds: [...ids, ids[0]!] }],
      ["a container of another pod", { containerIds: [...ids, foreign.id] }],
      ["an exited container", { containerIds: [...ids, exited.id] }],
      ["an unknown container", { containerIds: [...ids, unknown] }],
      ["an unknown option", { options: { "critique.dev/unknown": "1" } }],
      ["an unknown sandbox", { podSandboxId: unknown }],
    ];
    for (const [index, [what, part]] of wrong.entries()) {
      const outputPath = `${folder}/wrong-${index}`;
      await mkdir(outputPath, { mode: 0o700 });
      const call = rpc.checkpointPod({ ...right, ...part, outputPath }, { timeoutMs: CHECKPOINT_MS });
      await expectError(call, "any", `CheckpointPod with ${what}`);
      expect(await readdir(outputPath), `what CheckpointPod with ${what} left`).to.be.empty;
    }
    const limit = { timeoutMs: CHECKPOINT_MS };
    await expectError(
      rpc.checkpointPod({ ...right, outputPath: `${folder}/missing` }, limit),
      "any",
      "CheckpointPod into no folder",
    );
    const full = `${folder}/full`;
    await mkdir(full, { mode: 0o700 });
    await writeFile(`${full}/file`, "");
    await expectError(
      rpc.checkpointPod({ ...right, outputPath: full }, limit),
      "any",
      "CheckpointPod into a folder with a file",
    );
    expect(await readdir(full), "what is in that folder afterwards").to.deep.equal(["file"]);
    const endless = `${folder}/endless`;
    await mkdir(endless, { mode: 0o700 });
    const withoutDeadline = rpc.checkpointPod({ ...right, outputPath: endless }, { timeoutMs: Infinity });
    await expectError(withoutDeadline, "any", "CheckpointPod without a deadline");
    expect(await readdir(endless), "what CheckpointPod without a deadline left").to.be.empty;

    const outputPath = `${folder}/right`;
    await mkdir(outputPath, { mode: 0o700 });
    await rpc.checkpointPod({ ...right, outputPath }, limit);

    expect(await readdir(outputPath), "files of the checkpoint").not.to.be.empty;
    for (const container of containers) {
      expect(await container.status(), "ContainerStatus afterwards").to.have.fields({
        state: ContainerState.CONTAINER_RUNNING,
      });
      await passes(container, await countOf(container)); // not frozen
    }
  },
);

behaviour(
  "CKP-005",
  {
    title: "RestorePod yields created containers or cleans up",
    level: "optional",
    rpcs: ["RestorePod", "ListPodSandbox", "ListContainers", "StartContainer", "CheckpointPod"],
    clause: "RestorePodResponse.restored_containers: one per configuration, CREATED; StartContainer lets it go on",
    needs: ["checkpoint-pod", "node-root"],
  },
  async (context) => {
    const { runtime, rpc, names, tempFolder } = context;
    const { sandbox, containers, counts } = await startCounters(context);
    const checkpointPath = await tempFolder("checkpoint");
    const limit = { timeoutMs: CHECKPOINT_MS };
    const containerIds = containers.map(({ id }) => id);
    await rpc.checkpointPod({ podSandboxId: sandbox.id, containerIds, outputPath: checkpointPath, options: {} }, limit);
    const files = (await readdir(checkpointPath, { recursive: true })).sort();
    const labels = { round: names.next() };
    const config = await runtime.podConfig({ labels });
    const containerConfigs = containers.map((container) => ({ ...container.config, labels }));
    const right = { checkpointPath, config, containerConfigs, runtimeHandler: runtime.handler, options: {} };
    const [first, second] = containerConfigs;

    const wrong: [string, Partial<typeof right>][] = [
      ["a configuration too few", { containerConfigs: [first!] }],
      ["a name twice", { containerConfigs: [first!, { ...second!, metadata: first!.metadata! }] }],
      ["an empty name", { containerConfigs: [first!, { ...second!, metadata: { name: "", attempt: 0 } }] }],
      ["an unknown handler", { runtimeHandler: names.next() }],
      ["an unknown option", { options: { "critique.dev/unknown": "1" } }],
      ["a path where nothing is", { checkpointPath: `${checkpointPath}/missing` }],
    ];
    for (const [what, part] of wrong) {
      await expectError(rpc.restorePod({ ...right, ...part }, limit), "any", `RestorePod with ${what}`);
      const { items } = await rpc.listPodSandbox({ filter: { labelSelector: labels } });
      expect(items, `sandboxes that RestorePod with ${what} left`).to.be.empty;
    }

    const { podSandboxId, restoredContainers } = await rpc.restorePod(right, limit);

    expect(podSandboxId, "pod_sandbox_id").not.to.be.empty;
    expect(
      restoredContainers.map(({ name }) => name),
      "names of restored_containers",
    ).to.have.members(containerConfigs.map(({ metadata }) => metadata?.name));
    const restoredIds = restoredContainers.map(({ containerId }) => containerId);
    expect(new Set(restoredIds.filter((id) => id !== "")).size, "distinct ids in restored_containers").to.equal(
      counts.length,
    );
    const { containers: listed } = await rpc.listContainers({ filter: { podSandboxId } });
    for (const { id, state } of listed) {
      expect(ContainerState[state], `state of ${id} before StartContainer`).to.equal("CONTAINER_CREATED");
    }
    expect(
      listed.map(({ id }) => id),
      "containers listed of the restored pod",
    ).to.have.members(restoredIds);
    for (const [index, { metadata }] of containerConfigs.entries()) {
      const containerId = restoredContainers.find(({ name }) => name === metadata?.name)?.containerId ?? "";
      await rpc.startContainer({ containerId });
      const execSync: Container["execSync"] = async (cmd) => {
        const { stdout, stderr, exitCode } = await rpc.execSync({ containerId, cmd });
        const [stdoutBytes, stderrBytes] = [Buffer.from(stdout), Buffer.from(stderr)];
        return { stdout: String(stdoutBytes), stderr: String(stderrBytes), stdoutBytes, stderrBytes, exitCode };
      };
      await passes({ execSync }, counts[index]!);
    }
    expect(
      (await readdir(checkpointPath, { recursive: true })).sort(),
      "files of the checkpoint afterwards",
    ).to.deep.equal(files);
  },
);
