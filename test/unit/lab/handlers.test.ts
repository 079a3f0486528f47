import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";

import type { ContainerProbe } from "../../../src/lab/container-probe.js";
import { chooseDefaultHandler, findHandlers, type HandlerFinding } from "../../../src/lab/handlers.js";
import { createTempFolder, type TempFolder } from "../../../src/support/temp-folder.js";

describe("findHandlers", () => {
  let folder: TempFolder;
  let bin: string;
  /** The flags that runtimes were tried with. */
  let tried: string[][];

  beforeEach(async () => {
    folder = await createTempFolder("handlers");
    bin = join(folder.path, "bin");
    await mkdir(bin);
    tried = [];
  });
  afterEach(() => folder.remove());

  const install = (...names: string[]) =>
    Promise.all(names.map((name) => writeFile(join(bin, name), "", { mode: 0o755 })));
  const find = async (name: string, probe: ContainerProbe) => {
    const observed: ContainerProbe = (runtime, flags) => {
      tried.push([...flags]);
      return probe(runtime, flags);
    };
    const [finding] = await findHandlers([name], { searchPath: [bin], labFolder: folder.path, probe: observed });
    return finding;
  };
  const works: ContainerProbe = () => Promise.resolve(undefined);
  const generatedConfig = () => readFile(join(folder.path, "runsc.toml"), "utf8");

  it("offers an OCI runtime that ran a container", async () => {
    await install("crun");
    expect(await find("crun", works)).to.deep.equal({
      available: true,
      handler: { name: "crun", runtimeType: "io.containerd.runc.v2", options: { BinaryName: join(bin, "crun") } },
    });
  });

  it("says why an OCI runtime is not offered", async () => {
    expect(await find("crun", works)).to.include({ available: false, reason: "no crun in PATH" });
    await install("crun");
    expect(await find("crun", () => Promise.resolve("unknown version specified"))).to.deep.equal({
      available: false,
      name: "crun",
      reason: `${join(bin, "crun")} cannot run a container: unknown version specified`,
    });
  });

  it("takes gVisor with the network stack of its own where that works", async () => {
    await install("runsc", "containerd-shim-runsc-v1");
    expect(await find("runsc", works))
      .to.deep.include({ available: true })
      .and.not.have.property("note");
    expect(await generatedConfig()).to.equal(`binary_name = "${join(bin, "runsc")}"\n[runsc_config]\n`);
  });

  it("gives gVisor the host's network stack where its own fails, and says so", async () => {
    await install("runsc", "containerd-shim-runsc-v1");
    const finding = await find("runsc", (_, flags) => Promise.resolve(flags.length === 0 ? "no netstack" : undefined));
    expect(finding)
      .to.have.property("note")
      .that.matches(/host's network stack.*no netstack/);
    expect(await generatedConfig()).to.include('network = "host"');
  });

  it("uses a runsc.toml beside the shim as it is", async () => {
    await install("runsc", "containerd-shim-runsc-v1");
    await writeFile(join(bin, "runsc.toml"), '[runsc_config]\nplatform = "kvm"\n');
    const finding = await find("runsc", works);
    expect(finding).to.have.nested.property("handler.options.ConfigPath", join(bin, "runsc.toml"));
    expect(tried).to.deep.equal([["--platform=kvm"]]);
  });

  it("wants both parts of gVisor", async () => {
    await install("runsc");
    expect(await find("runsc", works)).to.include({ reason: "no containerd-shim-runsc-v1 in PATH" });
  });

  it("knows Kata Containers by their shim", async () => {
    expect(await find("kata-qemu", works)).to.include({ reason: "no containerd-shim-kata-qemu-v2 in PATH" });
  });
});

describe("chooseDefaultHandler", () => {
  const available = (name: string): HandlerFinding => ({ available: true, handler: { name, runtimeType: "t" } });
  const unavailable: HandlerFinding = { available: false, name: "crun", reason: "too old" };

  it("prefers the wanted one, then runc, then the first", () => {
    expect(chooseDefaultHandler([available("runsc"), available("runc")], [], "runsc")).to.equal("runsc");
    expect(chooseDefaultHandler([available("runsc"), available("runc")], [], undefined)).to.equal("runc");
    expect(chooseDefaultHandler([unavailable, available("runsc")], [], undefined)).to.equal("runsc");
  });

  it("fails for one that is required, wanted as the default, or when there is none, with the reasons", () => {
    const problem = "(crun: too old): use one of runc";
    expect(() => chooseDefaultHandler([available("runc"), unavailable], ["runc", "crun"], undefined)).to.throw(problem);
    expect(() => chooseDefaultHandler([available("runc"), unavailable], [], "crun")).to.throw(problem);
    expect(() => chooseDefaultHandler([unavailable], [], undefined)).to.throw(
      "any handler (crun: too old): install runc",
    );
  });
});
