import { statSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { describe, it } from "mocha";
import { makeFolder } from "../../../src/support/make-folder.js";
import { createTempFolder } from "../../../src/support/temp-folder.js";

describe("makeFolder", () => {
  it("makes what is missing, and may be asked again", async () => {
    await using folder = await createTempFolder("make");
    const path = `${folder.path}/a/b/c`;
    makeFolder(path);
    makeFolder(path);
    expect(statSync(path).isDirectory()).to.equal(true);
  });

  it("fails at once where no folder can be made", () => {
    expect(() => makeFolder("/proc/critique/reports")).to.throw(/ENOENT|EPERM|EACCES/);
  });

  it("fails where a file is in the way", async () => {
    await using folder = await createTempFolder("make");
    writeFileSync(`${folder.path}/file`, "");
    expect(() => makeFolder(`${folder.path}/file/below`)).to.throw(/EEXIST|ENOTDIR/);
  });
});
