import { expect } from "chai";
import { describe, it } from "mocha";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  listProcesses,
  processesOf,
  readPssBytes,
  roleOf,
  type ProcessFacts,
} from "../../../../src/bench/cost/processes.js";
import { createTempFolder } from "../../../../src/support/temp-folder.js";

const POD = "aaaa1111";
const OTHER = "bbbb2222";
const CONTAINER = "cccc3333";

const make = (pid: number, parentPid: number, name: string, commandLine = "", cgroups = "0::/"): ProcessFacts => ({
  pid,
  parentPid,
  name,
  commandLine,
  cgroups,
  cpuTicks: 0,
});
const pidsOf = (...processes: ProcessFacts[]) => processesOf([POD, CONTAINER], processes).map(({ pid }) => pid);

describe("processesOf", () => {
  const init = make(1, 0, "systemd");
  const daemon = make(10, 1, "containerd", "/usr/bin/containerd");

  it("finds runc's shim by its id, and what it is the ancestor of", () => {
    const shim = make(20, 1, "containerd-shim", `containerd-shim-runc-v2 -id ${POD}`);
    const pause = make(21, 20, "pause", "/pause");
    const shell = make(22, 20, "sh", "sh -c ...");
    const sleep = make(23, 22, "sleep", "sleep 86400");
    const otherShim = make(30, 1, "containerd-shim", `containerd-shim-runc-v2 -id ${OTHER}`);
    expect(pidsOf(init, daemon, shim, pause, shell, sleep, otherShim, make(31, 30, "pause"))).to.have.members([
      20, 21, 22, 23,
    ]);
  });

  it("finds gVisor's shim, which has no id of its own, as the parent of the sentry", () => {
    const shim = make(20, 1, "containerd-shim", "containerd-shim-runsc-v1 -namespace k8s.io");
    const sentry = make(21, 20, "exe", `runsc-sandbox --root=/run boot ${POD}`);
    const gofer = make(22, 20, "exe", `runsc-gofer ${CONTAINER}`);
    expect(pidsOf(init, daemon, shim, sentry, gofer)).to.have.members([20, 21, 22]);
  });

  it("finds what is known by its cgroup alone, and not the daemon that is its parent", () => {
    const container = make(40, 10, "sleep", "sleep 1", `0::/kubepods/crio-${CONTAINER}`);
    expect(pidsOf(init, daemon, container)).to.have.members([40]);
  });

  it("finds nothing of others", () => {
    expect(pidsOf(init, daemon, make(50, 1, "node", OTHER))).to.deep.equal([]);
  });
});

describe("roleOf", () => {
  it("knows executables by their names as the kernel cuts them off", () => {
    const names = ["containerd-shim", "conmon", "exe", "runsc-sandbox", "qemu-system-x86", "virtiofsd", "sh"];
    expect(names.map((name) => roleOf(make(1, 0, name)))).to.deep.equal([
      "shim",
      "shim",
      "sandbox",
      "sandbox",
      "vm",
      "vm",
      "workload",
    ]);
  });
});

describe("listProcesses", () => {
  it("reads names with blanks and brackets, and leaves out what has ended", async () => {
    await using proc = await createTempFolder("proc");
    mkdirSync(join(proc.path, "7"));
    mkdirSync(join(proc.path, "8"));
    mkdirSync(join(proc.path, "self"));
    const stat = "7 (a b) c) S 3 7 7 0 -1 4194304 10 20 0 0 100 20 3 4 20 0 1 0 5 6 7";
    writeFileSync(join(proc.path, "7", "stat"), stat);
    writeFileSync(join(proc.path, "7", "cmdline"), "runsc\0boot\0");
    writeFileSync(join(proc.path, "7", "cgroup"), "0::/x\n");
    writeFileSync(join(proc.path, "7", "smaps_rollup"), "Rss:  100 kB\nPss:   25 kB\nPss_Anon: 5 kB\n");
    expect(await listProcesses(proc.path)).to.deep.equal([
      { pid: 7, parentPid: 3, name: "a b) c", commandLine: "runsc boot", cgroups: "0::/x\n", cpuTicks: 127 },
    ]);
    expect(await readPssBytes(7, proc.path)).to.equal(25 * 1024);
    expect(await readPssBytes(8, proc.path)).to.equal(undefined);
  });

  it("sees this process, and its memory", async () => {
    const own = (await listProcesses()).find(({ pid }) => pid === process.pid);
    expect(own?.parentPid).to.equal(process.ppid);
    expect(await readPssBytes(process.pid)).to.be.within(1 << 20, 4 * 2 ** 30);
  });
});
