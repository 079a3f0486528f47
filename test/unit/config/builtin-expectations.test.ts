import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { describe, it } from "mocha";

import { builtinExpectations } from "../../../src/config/builtin-expectations.js";
import { createTempFolder } from "../../../src/support/temp-folder.js";

describe("built-in known failures", () => {
  it("are those of the runtime's release, and of the handler where it has its own", async () => {
    await using folder = await createTempFolder("builtin");
    const lists = join(folder.path, "containerd");
    await mkdir(lists);
    for (const name of ["1.6.txt", "1.6-runsc.txt", "1.6.yaml"]) await writeFile(join(lists, name), "");
    const find = (name: string, version: string, handler: string) =>
      builtinExpectations({ name, version, apiVersion: "v1" }, handler, "txt", folder.path);

    expect(await find("containerd", "1.6.20~ds1", "")).to.equal(join(lists, "1.6.txt"));
    expect(await find("containerd", "v1.6.33", "runc")).to.equal(join(lists, "1.6.txt"));
    expect(await find("containerd", "1.6.20", "runsc")).to.equal(join(lists, "1.6-runsc.txt"));
    const identity = { name: "containerd", version: "1.6.20", apiVersion: "v1" };
    expect(await builtinExpectations(identity, "runsc", "yaml", folder.path)).to.equal(join(lists, "1.6.yaml"));
    expect(await find("containerd", "2.1.9", "runsc")).to.equal(undefined);
    expect(await find("../containerd", "1.6.20", "")).to.equal(undefined);
    expect(await find("containerd", "devel", "")).to.equal(undefined);
  });
});
