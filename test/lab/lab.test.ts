import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir, readFile, readlink } from "node:fs/promises";

import { expect } from "chai";
import { after, before, beforeEach, describe, it } from "mocha";

import type { LabState } from "../../src/lab/index.js";
import { processIdentity } from "../../src/support/process-identity.js";
import { waitUntil } from "../../src/support/wait-until.js";
import { IsolatedHost } from "./isolated-host.js";
import type { PodReport, Traces } from "./lab-actor.js";
import { containerdFolders } from "../support/containerd-folders.js";

describe("lab", function () {
  this.timeout(180_000);

  let host: IsolatedHost;
  let untouched: Traces;

  before(async function () {
    if (process.getuid?.() !== 0) this.skip();
    host = await IsolatedHost.create();
  });
  after(async () => {
    for (const { id } of await host.act<{ id: string }[]>("list")) await host.act("down", { id });
    host.close();
  });
  beforeEach(async () => {
    untouched = await host.act<Traces>("traces");
  });

  for (const containerdFolder of [undefined, ...containerdFolders]) {
    describe(`with the containerd of ${containerdFolder ?? "this host"}`, () => {
      it("runs pods under every handler that it offers, and leaves nothing", async () => {
        const state = await host.act<LabState>("up", containerdFolder === undefined ? {} : { containerdFolder });
        expect(state.phase).to.equal("up");
        expect(state.handlers).to.include("runc");
        expect(state.handlers.length + state.unavailableHandlers.length).to.equal(4);

        const reports = await host.act<PodReport[]>("pods", { id: state.id });

        expect(reports.map(({ handler }) => handler)).to.deep.equal(state.handlers);
        const release = (await readFile("/proc/sys/kernel/osrelease", "utf8")).trim();
        for (const report of reports) {
          expect(report.answer).to.equal("page");
          expect(report.addresses).to.have.lengthOf(state.network.ipv6Subnet === null ? 1 : 2);
          if (report.handler === "runsc") expect(report.kernelRelease).to.not.equal(release);
          else expect(report.kernelRelease).to.equal(release);
        }
        await expectToLeaveNothing(state);
      });
    });
  }

  it("leaves nothing after containerd was killed while pods run", async () => {
    const state = await host.act<LabState>("up");
    await host.act<PodReport[]>("pods", { id: state.id });
    kill(state.processes.containerd?.pid);

    expect(await host.act("list")).to.deep.equal([{ id: state.id, condition: "broken" }]);
    await expectToLeaveNothing(state);
  });

  it("leaves nothing after its containerd and its holder were killed", async () => {
    const state = await host.act<LabState>("up");
    kill(state.processes.holder?.pid);
    kill(state.processes.containerd?.pid);

    expect(await host.act("down", { id: state.id })).to.equal(true);
    await expectUntouchedHost();
    expect(await cgroupsOf(state.id)).to.deep.equal([]);
  });

  for (const moment of ["network 198.", "trying the handlers", "starting containerd", "asked whether it is ready"]) {
    it(`is removed by the next lab when the tool was killed at "${moment}"`, async () => {
      await host.killAt(moment, "hang");
      const left = await host.act<{ id: string; condition: string }[]>("list");
      expect(left.map(({ condition }) => condition)).to.deep.equal(["broken"]);

      const state = await host.act<LabState>("up");

      expect(await host.act("list")).to.deep.equal([{ id: state.id, condition: "up" }]);
      expect(await cgroupsOf(left[0]?.id ?? "")).to.deep.equal([]);
      await expectToLeaveNothing(state);
    });
  }

  for (const moment of ["network 198.", "trying the handlers", "starting containerd"]) {
    it(`leaves nothing when it is interrupted at "${moment}"`, async () => {
      expect(await host.act("interrupt", { at: moment })).to.equal("interrupted");
      await expectUntouchedHost();
    });
  }

  it("lives beside another lab, and the last one puts the host back", async () => {
    const [first, second] = await Promise.all([host.act<LabState>("up"), host.act<LabState>("up")]);
    expect(first.id).to.not.equal(second.id);
    await host.act<PodReport[]>("pods", { id: first.id });
    expect(await host.act("down", { id: first.id })).to.equal(true);

    const [report] = await host.act<PodReport[]>("pods", { id: second.id });

    expect(report?.answer).to.equal("page");
    await expectToLeaveNothing(second);
  });

  it("puts the socket where it is told, and takes it away", async () => {
    const state = await host.act<LabState>("up", { socketPath: "/run/wanted.sock", handlers: ["runc"] });
    expect(state.endpoint).to.equal("unix:///run/wanted.sock");
    const [report] = await host.act<PodReport[]>("pods", { id: state.id });
    expect(report?.answer).to.equal("page");
    await expectToLeaveNothing(state);
  });

  it("runs commands where its containerd runs", async () => {
    const state = await host.act<LabState>("up", { handlers: ["runc"] });
    const namespace = (name: string) => readlink(`/proc/${state.processes.containerd?.pid}/ns/${name}`);
    const script = "pwd; readlink /proc/self/ns/mnt; readlink /proc/self/ns/cgroup; ctr version";

    const output = await host.act<string>("exec", { id: state.id, argv: ["sh", "-c", script] });

    const [folder, ...rest] = output.split("\n");
    expect(folder).to.equal("/");
    expect(rest.slice(0, 2)).to.deep.equal([await namespace("mnt"), await namespace("cgroup")]);
    expect(output).to.match(/Server:/);
    await expectToLeaveNothing(state);
  });

  it("ends commands that still run in it", async () => {
    const state = await host.act<LabState>("up", { handlers: ["runc"] });
    const script = "sleep 600 >/dev/null 2>&1 & echo $!";
    const pid = Number(await host.act<string>("exec", { id: state.id, argv: ["sh", "-c", script] }));
    expect(await processIdentity(pid)).to.include({ pid });
    await expectToLeaveNothing(state);
    expect(await processIdentity(pid)).to.equal(undefined);
  });

  it("leaves another containerd and its containers alone", async () => {
    const neighbour = host.start(["containerd"]);
    const ctr = (...args: string[]) => host.run(["ctr", ...args]);
    const tasks = () => ctr("tasks", "ls");
    try {
      await waitUntil(() => ctr("version"), { description: "the other containerd", timeoutMs: 20_000 });
      await host.run(["mkdir", "-p", "/var/lib/neighbour/bin"]);
      await host.run(["cp", "/bin/busybox", "/var/lib/neighbour/bin/"]);
      const options = ["-d", "--cgroup", "/critique-test-neighbour", "--rootfs"];
      await ctr("run", ...options, "/var/lib/neighbour", "neighbour", "/bin/busybox", "sleep", "600");
      const before = await tasks();
      expect(before).to.match(/neighbour +\d+ +RUNNING/);
      untouched = await host.act<Traces>("traces");

      const state = await host.act<LabState>("up", { handlers: ["runc"] });
      await host.act<PodReport[]>("pods", { id: state.id });

      expect(await tasks()).to.equal(before);
      await expectToLeaveNothing(state);
      expect(await tasks()).to.equal(before);
    } finally {
      await ctr("tasks", "delete", "--force", "neighbour").catch(() => undefined);
      neighbour.kill();
      await once(neighbour, "exit");
    }
  });

  it("says which wanted handler cannot be had and why, and leaves nothing", async () => {
    const failure = await host.act("up", { handlers: ["runc", "no-such-runtime"] }).catch(String);
    expect(failure).to.match(
      /cannot offer the handler no-such-runtime \(no-such-runtime: no no-such-runtime in PATH\)/,
    );
    await expectUntouchedHost();
  });

  async function expectUntouchedHost(): Promise<void> {
    const now = await host.act<Traces>("traces");
    for (const key of Object.keys(untouched) as (keyof Traces)[]) expect(now[key], key).to.deep.equal(untouched[key]);
  }

  async function expectToLeaveNothing(state: LabState): Promise<void> {
    const pids = await labPids(state.id);
    expect(pids).to.not.deep.equal([]);
    expect(await host.act("down", { id: state.id })).to.equal(true);
    await expectUntouchedHost();
    expect(await cgroupsOf(state.id)).to.deep.equal([]);
    for (const pid of pids) expect(await processIdentity(pid)).to.equal(undefined);
    expect(await host.act("down", { id: state.id })).to.equal(false);
  }
});

function kill(pid: number | undefined): void {
  if (pid === undefined) throw new Error("the state names no pid");
  process.kill(pid, "SIGKILL");
}

/** The processes in the control groups of a lab. */
async function labPids(id: string): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const groups = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cgroup`, "utf8").catch(() => "")));
  return pids.filter((_, index) => groups[index]?.includes(`/critique-lab-${id}`));
}

/** The control groups of a lab, at the top of each hierarchy. */
async function cgroupsOf(id: string): Promise<string[]> {
  const found: string[] = [];
  for (const hierarchy of ["", ...(await readdir("/sys/fs/cgroup"))]) {
    const folder = `/sys/fs/cgroup/${hierarchy}/critique-lab-${id}`;
    if (existsSync(folder)) found.push(folder);
  }
  return found;
}
