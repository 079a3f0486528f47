import { createServer } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { describe, it } from "mocha";
import { RuntimeCpuMeter } from "../../../src/harness/runtime-cpu.js";
import { createTempFolder } from "../../../src/support/temp-folder.js";
import { waitUntil } from "../../../src/support/wait-until.js";

describe("the processor time of a runtime", () => {
  it("is that of the process that listens at its socket", async () => {
    await using folder = await createTempFolder("cpu");
    const socket = join(folder.path, "cri.sock");
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    const meter = await RuntimeCpuMeter.start(socket);
    let busy = 0;
    const cpu = await waitUntil(
      async () => {
        for (let index = 0; index < 1e6; index++) busy += Math.sqrt(index);
        const since = await meter?.since();
        return since && since.cpuMs > 0 && since;
      },
      { description: "this process's own work to be counted", timeoutMs: 30_000 },
    );
    server.close();
    expect(cpu.of).to.equal("daemon");
    expect(busy).to.be.greaterThan(0);
  });

  it("is not known where nobody listens", async () => {
    expect(await RuntimeCpuMeter.start("/nonexistent/cri.sock")).to.equal(undefined);
    expect(await RuntimeCpuMeter.start(undefined)).to.equal(undefined);
  });
});
