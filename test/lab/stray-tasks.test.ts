import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import { CriConnection } from "../../src/cri/client.js";
import { parseEndpoint } from "../../src/cri/endpoint.js";
import { NamespaceMode } from "../../src/cri/gen/runtime/v1/api_pb.js";
import { removeSandbox } from "../../src/harness/removal.js";
import { StrayTasks } from "../../src/harness/stray-tasks.js";
import { loadImageCatalogue } from "../../src/images/catalogue.js";
import { startHermeticImages } from "../../src/images/hermetic-images.js";
import { labCommand, startLab, stopLab, type LabState } from "../../src/lab/index.js";
import { runProcess } from "../../src/support/process.js";
import { containerdFolders } from "../support/containerd-folders.js";

for (const containerdFolder of [undefined, ...containerdFolders]) {
  describe(`a task that the CRI does not know, with the containerd of ${containerdFolder ?? "this host"}`, function () {
    this.timeout(180_000);

    const cleanUps: (() => unknown)[] = [];
    let lab: LabState;
    let connection: CriConnection;
    let image: string;

    before(async function () {
      if (process.getuid?.() !== 0) this.skip();
      lab = await startLab({
        ownedByThisProcess: true,
        handlers: ["runc"],
        ...(containerdFolder && { containerdFolder }),
      });
      cleanUps.push(() => stopLab(lab.id));
      connection = new CriConnection(parseEndpoint(lab.endpoint));
      cleanUps.push(() => connection.close());
      const images = await startHermeticImages({ catalogue: await loadImageCatalogue() });
      cleanUps.push(() => images.close());
      image = images.reference("busybox");
      await connection.rpc().pullImage({ image: { image } }, { timeoutMs: 60_000 });
    });
    after(async () => {
      for (const cleanUp of cleanUps.reverse()) await cleanUp();
    });

    /** Calls containerd past its CRI service. */
    async function ctr(...args: string[]): Promise<void> {
      const { file, args: all } = await labCommand(lab, ["ctr", "--namespace", "k8s.io", ...args]);
      await runProcess(file, all);
    }

    for (const [how, ended] of [
      ["runs", false],
      ["has ended", true],
    ] as const) {
      it(`goes with its sandbox when it ${how}`, async () => {
        const rpc = connection.rpc();
        const name = `stray-task-${ended}`;
        const config = {
          metadata: { name, uid: name, namespace: "lab-test", attempt: 0 },
          linux: { cgroupParent: "/lab-test", securityContext: { namespaceOptions: { network: NamespaceMode.NODE } } },
        };
        const { podSandboxId } = await rpc.runPodSandbox({ config });
        const { containerId } = await rpc.createContainer({
          podSandboxId,
          sandboxConfig: config,
          config: {
            metadata: { name, attempt: 0 },
            image: { image },
            command: ["/bin/sleep", "1000"],
          },
        });
        await ctr("task", "start", "--detach", "--null-io", containerId);
        if (ended) await ctr("task", "kill", "--signal", "SIGKILL", containerId);

        const stray = new StrayTasks(connection);
        await removeSandbox(rpc, podSandboxId, stray);

        expect(stray.deleted).to.have.lengthOf(1);
        expect(stray.deleted[0]).to.include(containerId);
        expect((await rpc.listPodSandbox({})).items).to.be.empty;
        expect((await rpc.listContainers({})).containers).to.be.empty;
      });
    }
  });
}
