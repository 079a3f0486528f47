import { expect } from "chai";
import { describe, it } from "mocha";
import { open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hostArchitecture } from "../../../src/images/busybox.js";
import { effectiveUidProgram } from "../../../src/images/effective-uid-program.js";
import { readElfHeader } from "../../../src/images/elf.js";
import { runProcess } from "../../../src/support/process.js";
import { createTempFolder } from "../../../src/support/temp-folder.js";

describe("the program that prints its effective user id", () => {
  it("does so", async () => {
    await using folder = await createTempFolder("uid-test");
    const path = join(folder.path, "effective-uid");
    await writeFile(path, effectiveUidProgram(hostArchitecture), { mode: 0o755 });

    expect((await runProcess(path, [])).stdout).to.equal(`${process.geteuid?.()}\n`);
  });

  for (const architecture of ["amd64", "arm64"]) {
    it(`is a static executable for ${architecture}`, async () => {
      await using folder = await createTempFolder("uid-test");
      const path = join(folder.path, "effective-uid");
      await writeFile(path, effectiveUidProgram(architecture));
      await using file = await open(path);

      expect(await readElfHeader(file)).to.deep.equal({ architecture, isStatic: true });
    });
  }

  it("does not exist for other machines", () => {
    expect(() => effectiveUidProgram("s390x")).to.throw("no setuid test program for s390x, only for amd64, arm64");
  });
});
