import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";
import { CdiFolder } from "../../../src/harness/cdi-folder.js";

describe("the folder of Container Device Interface files", () => {
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), "critique-cdi-"));
  });

  afterEach(() => rm(root, { recursive: true }));

  it("is the last that the runtime names, in JSON or in TOML", () => {
    const json = { config: JSON.stringify({ enableCDI: true, cdiSpecDirs: ["/etc/cdi", "/var/run/cdi"] }) };
    const toml = { config: '[crio.runtime]\n  cdi_spec_dirs = [\n "/etc/cdi",\n "/run/cdi",\n]\n' };

    expect(CdiFolder.of(json)?.path).to.equal("/var/run/cdi");
    expect(CdiFolder.of(toml)?.path).to.equal("/run/cdi");
  });

  it("is none where the runtime names none or has switched CDI off", () => {
    const off = { config: JSON.stringify({ enableCDI: false, cdiSpecDirs: ["/etc/cdi"] }) };

    expect(CdiFolder.of({ config: "{}" })).to.equal(undefined);
    expect(CdiFolder.of(off)).to.equal(undefined);
  });

  it("is left as it was found, other files included", async () => {
    const folder = CdiFolder.of({ config: JSON.stringify({ cdiSpecDirs: [`${root}/a/b`] }) });

    const removeFirst = await folder?.write("first.json", "{}");
    const removeSecond = await folder?.write("second.json", "{}");
    expect(await readdir(`${root}/a/b`)).to.have.members(["first.json", "second.json"]);

    await removeFirst?.();
    expect(await readdir(`${root}/a/b`)).to.deep.equal(["second.json"]);
    await removeSecond?.();
    expect(await readdir(`${root}/a/b`)).to.deep.equal([]);
  });
});
