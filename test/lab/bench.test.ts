import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runBench, runCompare, selectScenarios, type BenchOptions, type BenchResult } from "../../src/bench/index.js";
import { decodeHistogram } from "../../src/bench/core/histogram.js";
import { CriConnection, type CriRpc } from "../../src/cri/client.js";
import { parseEndpoint } from "../../src/cri/endpoint.js";
import { loadImageCatalogue } from "../../src/images/catalogue.js";
import { startHermeticImages } from "../../src/images/hermetic-images.js";
import { startLab, stopLab } from "../../src/lab/index.js";
import { createTempFolder } from "../../src/support/temp-folder.js";
import { containerdFolders } from "../support/containerd-folders.js";

for (const containerdFolder of [undefined, ...containerdFolders]) {
  describe(`bench with the containerd of ${containerdFolder ?? "this host"}`, function () {
    this.timeout(180_000);

    const cleanUps: (() => unknown)[] = [];
    let connection: CriConnection;
    let rpc: CriRpc;
    let image: string;

    before(async function () {
      if (process.getuid?.() !== 0) this.skip();
      const lab = await startLab({
        ownedByThisProcess: true,
        handlers: ["runc"],
        ...(containerdFolder && { containerdFolder }),
      });
      cleanUps.push(() => stopLab(lab.id));
      connection = new CriConnection(parseEndpoint(lab.endpoint));
      cleanUps.push(() => connection.close());
      rpc = connection.rpc();
      // Temporary folders of other runs on the machine are none of this test's business.
      const temp = await createTempFolder("bench-test");
      const { TMPDIR } = process.env;
      process.env.TMPDIR = temp.path;
      cleanUps.push(() => temp.remove());
      cleanUps.push(() => (TMPDIR === undefined ? delete process.env.TMPDIR : (process.env.TMPDIR = TMPDIR)));
      const images = await startHermeticImages({ catalogue: await loadImageCatalogue() });
      cleanUps.push(() => images.close());
      image = images.reference("busybox");
      await rpc.pullImage({ image: { image } }, { timeoutMs: 60_000 });
    });
    after(async () => {
      for (const cleanUp of cleanUps.reverse()) await cleanUp();
    });

    const bench = (scenarios: string, options: Partial<BenchOptions> = {}) =>
      runBench({
        connection,
        handler: "runc",
        image,
        scenarios: selectScenarios(scenarios.split(",")),
        samples: 3,
        warmup: 1,
        ...options,
      });

    async function expectNothingLeft({ runId }: BenchResult): Promise<void> {
      const { items } = await rpc.listPodSandbox({});
      const { containers } = await rpc.listContainers({});
      expect([...items, ...containers].filter(({ labels }) => labels["critique.dev/run"] === runId)).to.deep.equal([]);
    }

    it("measures the start of a pod, phase by phase, and leaves nothing", async () => {
      await using folder = await createTempFolder("test");

      const result = await bench("pod-startup", { reportDir: folder.path });

      expect(result.state, JSON.stringify(result.scenarios)).to.equal("completed");
      const metrics = new Map(result.metrics.map((metric) => [metric.name, metric]));
      for (const phase of ["sandbox", "create", "start", "firstLog", "total"]) {
        const metric = metrics.get(`pod-startup.${phase}`);
        expect(metric).to.include({ state: "measured", sampleCount: 3, warmupCount: 1, errors: 0 });
        const hlog = readFileSync(join(folder.path, `pod-startup.${phase}.hlog`), "utf8");
        expect(decodeHistogram(hlog.trimEnd().split(",").at(-1)!).totalCount).to.equal(3);
        expect(existsSync(join(folder.path, `pod-startup.${phase}.hgrm`))).to.equal(true);
      }
      expect(result.target.runtime.name).to.equal("containerd");
      await expectNothingLeft(result);
      expect(readdirSync(tmpdir()).filter((name) => name.startsWith("critique-bench-logs"))).to.deep.equal([]);
    });

    it("runs the scenarios of the life cycles, exec, events, pulls and lists", async () => {
      const names = [
        ..."pod-ready,pod-teardown,pod-lifecycle,container-lifecycle,exec-sync,exec-stream-*,attach-*".split(","),
        ..."port-forward-spdy,port-forward-websocket,event-latency,image-pull-1mib,list-10,density-10".split(","),
      ];
      const result = await bench(names.join(","));
      for (const { name, end } of result.scenarios) {
        const unsupported = name === "event-latency" && end.state === "notApplicable";
        expect(end.state === "completed" || unsupported, `${name}: ${JSON.stringify(end)}`).to.equal(true);
      }
      expect(result.metrics.filter(({ errors }) => errors > 0)).to.deep.equal([]);
      await expectNothingLeft(result);
    });

    it("keeps to a rate and runs pods in parallel", async () => {
      const openLoop = await bench("pod-lifecycle", {
        samples: 6,
        shape: { kind: "openLoop", ratePerS: 3, maxInFlight: 10 },
      });
      expect(openLoop.metrics.map(({ name }) => name)).to.include("pod-lifecycle.wait");
      expect(openLoop.scenarios[0]!.pace).to.include({ droppedStarts: 0 });
      const parallel = await bench("pod-startup", { samples: 6, shape: { kind: "parallel", concurrency: 3 } });
      for (const result of [openLoop, parallel]) {
        expect(result.state).to.equal("completed");
        expect(result.scenarios[0]!.attempts).to.equal(6);
        await expectNothingLeft(result);
      }
    });

    it("compares a handler with itself, in turns", async () => {
      await using folder = await createTempFolder("test");
      const target = { connection, image, handler: "runc" };
      const result = await runCompare({
        targets: [
          { ...target, name: "runc" },
          { ...target, name: "runc-2" },
        ],
        scenarios: selectScenarios(["container-lifecycle"]),
        samples: 3,
        warmup: 1,
        reportDir: folder.path,
      });
      expect(result.state).to.equal("completed");
      for (const metric of result.comparisons[0]!.metrics) {
        expect(metric).to.include({ verdict: "notEnoughData", samplesNeeded: 10 });
        expect(metric.samples).to.deep.equal({ a: 3, b: 3 });
      }
      const files = ["compare.csv", "compare.json", "report.html", "summary.md"];
      expect(readdirSync(folder.path).sort()).to.deep.equal([...files, "runc", "runc-2"].sort());
      for (const { result: one } of result.targets) await expectNothingLeft(one);
    });

    it("stops when interrupted, returns what it has, and leaves nothing", async () => {
      const controller = new AbortController();
      const result = await bench("pod-startup", {
        samples: 1_000,
        signal: controller.signal,
        onProgress: ({ mode, done }) => {
          if (mode === "run" && done === 2) controller.abort(new Error("interrupted"));
        },
      });
      expect(result.state).to.equal("interrupted");
      expect(result.metrics.find(({ name }) => name === "pod-startup.total")!.sampleCount).to.be.within(2, 3);
      await expectNothingLeft(result);
    });

    it("reports an image that is not there as the runtime's failure, with the reason", async () => {
      const result = await bench("pod-startup", { image: "127.0.0.1:1/absent:1" });
      expect(result.state).to.equal("failed");
      expect(result.scenarios[0]!.end).to.have.property("reason").that.includes("phase create");
      await expectNothingLeft(result);
    });
  });
}
