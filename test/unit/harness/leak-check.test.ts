import { mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";
import { findLeaks, keptNetworks } from "../../../src/harness/leak-check.js";
import { createTempFolder, type TempFolder } from "../../../src/support/temp-folder.js";

const OURS = "0a".repeat(32);
const FOREIGN = "0b".repeat(32);
const ids = new Set([OURS]);

describe("the leak check", () => {
  let host: TempFolder;
  beforeEach(async () => {
    host = await createTempFolder("leak-host");
  });
  afterEach(() => host.remove());

  const at = (path: string) => join(host.path, path);
  async function file(path: string, text = ""): Promise<void> {
    await mkdir(dirname(at(path)), { recursive: true });
    await writeFile(at(path), text);
  }
  const find = (before = new Set<string>(), settleMs = 0) =>
    findLeaks(ids, before, { proc: at("proc"), cgroups: at("cgroup"), runtimeFolders: [at("run")], settleMs });
  const mount = (point: string, root = "/") => `30 20 0:30 ${root} ${point} rw - tmpfs tmpfs rw\n`;

  it("finds mounts, processes, control groups and folders of the run's pods", async () => {
    await file("proc/self/mountinfo", mount(`/run/x/${OURS}/rootfs`));
    await file("proc/17/cmdline", `/usr/bin/containerd-shim-runc-v2\0-id\0${OURS}\0`);
    await mkdir(at(`cgroup/memory/kubepods/cri-containerd-${OURS}.scope`), { recursive: true });
    await mkdir(at(`run/io.containerd.runtime.v2.task/k8s.io/${OURS}/rootfs`), { recursive: true });
    const leaks = await find();
    expect(leaks.map((leak) => leak.split(/[ :]/)[0])).to.have.members(["mount", "process", "control", "folder"]);
  });

  it("says nothing of what belongs to others", async () => {
    await file("proc/self/mountinfo", mount(`/run/x/${FOREIGN}/rootfs`));
    await file("proc/17/cmdline", `shim\0-id\0${FOREIGN}\0`);
    await mkdir(at(`cgroup/${FOREIGN}`), { recursive: true });
    await mkdir(at(`run/${FOREIGN}`), { recursive: true });
    expect(await find()).to.be.empty;
  });

  it("finds a network namespace that came and that nobody is in", async () => {
    await file("proc/self/mountinfo", mount("/run/netns/old", "net:[1]"));
    const before = new Set((await keptNetworks(at("proc"))).keys());
    await file(
      "proc/self/mountinfo",
      mount("/run/netns/old", "net:[1]") + mount("/run/netns/leaked", "net:[2]") + mount("/run/netns/pod", "net:[3]"),
    );
    await mkdir(at("proc/17/ns"), { recursive: true });
    await symlink("net:[3]", at("proc/17/ns/net"));
    expect(await find(before)).to.deep.equal(["network namespace /run/netns/leaked"]);
  });

  it("waits for a removal that is still going on", async () => {
    await mkdir(at(`run/${OURS}`), { recursive: true });
    const leaks = find(new Set(), 60_000);
    await rm(at(`run/${OURS}`), { recursive: true });
    expect(await leaks).to.be.empty;
  });

  it("follows no link", async () => {
    await mkdir(at("outside"), { recursive: true });
    await mkdir(at(`outside/${OURS}`));
    await mkdir(at("run"), { recursive: true });
    await symlink(at("outside"), at("run/planted"));
    expect(await find()).to.be.empty;
    expect(await readdir(at("outside"))).to.have.lengthOf(1);
  });
});
