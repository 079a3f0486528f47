import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { after, afterEach, before, beforeEach, describe, it } from "mocha";

import type { RunResults } from "../../src/report/model.js";
import { createTempFolder, type TempFolder } from "../../src/support/temp-folder.js";
import { runCritique, signalAt, type CritiqueOptions } from "./run-critique.js";

describe("critique with a lab", function () {
  this.timeout(300_000);

  let labs: TempFolder;
  let folder: TempFolder;

  before(async function () {
    if (process.getuid?.() !== 0) this.skip();
    labs = await createTempFolder("labs");
  });
  after(() => labs?.remove());
  beforeEach(async () => {
    folder = await createTempFolder("cli-lab");
  });
  afterEach(async () => {
    await critique(["lab", "down", "--quiet"]);
    await folder.remove();
  });

  const critique = (args: readonly string[], options: CritiqueOptions = {}) =>
    runCritique(args, { ...options, env: { CRITIQUE_LABS_FOLDER: labs.path } });
  const labList = async () => JSON.parse((await critique(["lab", "list", "--json"])).stdout) as { id: string }[];
  const run = (args: readonly string[], options: CritiqueOptions = {}) =>
    critique(["run", "--report-dir", join(folder.path, "out"), ...args], options);
  const results = async () => JSON.parse(await readFile(join(folder.path, "out/results.json"), "utf8")) as RunResults;

  it("compares a handler with itself, in latency and verdicts", async () => {
    const out = join(folder.path, "out");
    const named = ["--scenario", "exec-sync", "--samples", "12", "--warmup", "2", "--ids", "RTI-001,SBX-001"];
    const { code, stdout, stderr } = await critique([
      "compare",
      "--lab",
      "--handlers",
      "runc,runc",
      "--report-dir",
      out,
      ...named,
    ]);
    expect(code, stderr).to.equal(0);
    expect(stdout).to.include("verdicts: the same for all 2 specs on runc, runc-2");
    // One comparison of twenty may claim a difference by chance, so any verdict will do.
    expect(stdout).to.match(/exec-sync\.total .*(faster|slower|no difference shown|not enough data)/);
    for (const file of ["compare.json", "verdicts.json", "report.html", "compare.csv", "runc-2/bench.json"]) {
      expect(existsSync(join(out, file)), file).to.equal(true);
    }
    expect(await labList()).to.deep.equal([]);
  });

  it("runs in a lab of its own with the handler asked for, and removes it", async () => {
    const { code, stdout, stderr } = await run(["--lab=runc", "--ids", "RTI-001,SBX-001"]);
    expect(code, stderr).to.equal(0);
    expect(stdout).to.include("behaved as expected: 2 specs passed");
    const { endpointSource, handler } = (await results()).run;
    expect(endpointSource).to.match(/^lab [0-9a-f]{3}$/);
    expect(handler).to.equal("runc");
    expect(await labList()).to.deep.equal([]);
  });

  it("hands on the exit code of a failed benchmark threshold", async () => {
    const args = ["bench", "--lab=runc", "--samples", "1", "--warmup", "0", "--report-dir", join(folder.path, "bench")];
    const { code, stdout, stderr } = await critique([...args, "--threshold", "pod-startup.total.max < 1us"]);
    expect(code, stderr).to.equal(4);
    expect(stdout).to.include("threshold missed");
    expect(await labList()).to.deep.equal([]);
  });

  it("removes its lab when it is interrupted, after the reports are written", async () => {
    const { code, stderr } = await run(["--lab=runc", "--ids", "SBX-*"], { onStderr: signalAt(/seed \d+/, "SIGINT") });
    expect(code, stderr).to.equal(130);
    expect(stderr.match(/SIGINT received/g)).to.have.lengthOf(1);
    expect((await results()).end?.how).to.equal("interrupted");
    expect(await labList()).to.deep.equal([]);
  });

  it("removes its lab when it is interrupted before that is up", async () => {
    const { code, stderr } = await run(["--lab=runc", "--verbose"], {
      onStderr: signalAt(/starting containerd/, "SIGTERM"),
    });
    expect(code, stderr).to.equal(130);
    expect(await labList()).to.deep.equal([]);
  });

  it("removes its lab when the part inside is killed", async () => {
    const { code, stderr } = await run(["--lab=runc", "--ids", "SBX-*"], {
      // Three signals are what makes the part inside be killed.
      onStderr: signalAt(/seed \d+/, "SIGINT", "SIGTERM", "SIGHUP"),
    });
    expect(code, stderr).to.equal(130);
    expect(await labList()).to.deep.equal([]);
  });

  it("refuses a handler that the lab cannot have, and leaves nothing", async () => {
    const { code, stderr } = await run(["--lab=nosuch"]);
    expect(code, stderr).to.equal(3);
    expect(stderr).to.include("nosuch").and.not.include("fault of critique");
    expect(await labList()).to.deep.equal([]);
  });

  it("stays up until lab down, and lets commands run inside", async () => {
    const up = await critique(["lab", "up", "--handlers", "runc"]);
    expect(up.code, up.stderr).to.equal(0);
    const endpoint = up.stdout.trim();
    expect(endpoint).to.match(/^unix:\/\/\//);
    expect(await labList()).to.have.lengthOf(1);

    const inside = await critique([
      "lab",
      "exec",
      "--",
      "sh",
      "-c",
      "readlink /proc/self/ns/mnt; echo $CONTAINER_RUNTIME_ENDPOINT; exit 7",
    ]);
    expect(inside.code).to.equal(7);
    expect(inside.stdout.split("\n")[1]).to.equal(endpoint);
    const outside = await readFile("/proc/self/mountinfo", "utf8");
    expect(outside).not.to.include(endpoint);

    const doctor = await critique(["doctor", "-r", endpoint]);
    expect(doctor.code, doctor.stdout).to.equal(0);
    expect((await critique(["run", "-r", endpoint, "--runtime-handler", "kata"])).stderr).to.include(
      'no handler "kata"',
    );

    const down = await critique(["lab", "down"]);
    expect(down.stderr).to.match(/^lab [0-9a-f]{3} is removed\n$/);
    expect(await labList()).to.deep.equal([]);
    expect((await critique(["lab", "exec", "--", "true"])).stderr).to.include("There is no lab; start one");
  });
});
