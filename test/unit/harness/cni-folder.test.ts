import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";
import { CniFolder } from "../../../src/harness/cni-folder.js";
import { NotApplicable } from "../../../src/harness/outcome.js";
import { createTempFolder, type TempFolder } from "../../../src/support/temp-folder.js";

const LIST = { cniVersion: "1.0.0", name: "net", plugins: [{ type: "bridge" }] };

describe("CniFolder", () => {
  let temp: TempFolder;
  let path: string;
  const info = () => ({ cniconfig: JSON.stringify({ PluginConfDir: path, PluginDirs: ["/opt/cni/bin"] }) });

  beforeEach(async () => {
    temp = await createTempFolder("cni-test");
    path = `${temp.path}/net.d`;
    await mkdir(path);
    await writeFile(`${path}/10-net.conflist`, JSON.stringify(LIST));
    await writeFile(`${path}/20-other.conf`, JSON.stringify({ cniVersion: "0.4.0", name: "other", type: "ptp" }));
    await writeFile(`${path}/README`, "not a configuration");
  });
  afterEach(() => temp.remove());

  const refusal = (status: Record<string, string>): Promise<unknown> =>
    CniFolder.of(status).catch((error: unknown) => error);

  it("is the one that the runtime names, and only where it is here with a configuration", async () => {
    expect(await CniFolder.of(info())).to.include({ path });
    expect(await refusal({ config: "{}" })).to.be.instanceOf(NotApplicable);
    path = `${path}/absent`;
    expect(await refusal(info())).to.be.instanceOf(NotApplicable);
  });

  it("uses the first configuration by name, and makes a list of a single plugin", async () => {
    expect(await (await CniFolder.of(info())).network()).to.deep.equal(LIST);
    await writeFile(`${path}/00-single.conf`, JSON.stringify({ cniVersion: "0.4.0", name: "one", type: "ptp" }));
    const { name, plugins } = await (await CniFolder.of(info())).network();
    expect(name).to.equal("one");
    expect(plugins).to.have.lengthOf(1);
  });

  it("puts a network in front of all others and takes it away, however often it is asked to", async () => {
    const restore = await (await CniFolder.of(info())).override({ ...LIST, name: "mine" });
    const [first] = (await readdir(path)).sort();
    expect(JSON.parse(await readFile(`${path}/${first}`, "utf8"))).to.include({ name: "mine" });
    await restore();
    await restore();
    expect(await readdir(path)).to.have.members(["10-net.conflist", "20-other.conf", "README"]);
  });

  it("hides every configuration and brings them back, however often it is asked to", async () => {
    const restore = await (await CniFolder.of(info())).hideAll();
    expect((await readdir(path)).filter((file) => /\.(conf|conflist|json)$/.test(file))).to.be.empty;
    await restore();
    await restore();
    expect(await readdir(path)).to.have.members(["10-net.conflist", "20-other.conf", "README"]);
  });
});
