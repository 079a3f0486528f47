import { mkdir, stat, symlink, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { basename, join } from "node:path";

import { expect } from "chai";
import { describe, it } from "mocha";

import { createTempFolder } from "../../../src/support/temp-folder.js";

describe("createTempFolder", () => {
  it("creates a private folder and removes it with its content at the end of the block", async () => {
    let path: string;
    {
      await using folder = await createTempFolder("test");
      path = folder.path;
      expect(basename(path)).to.match(/^critique-test-/);
      expect((await stat(path)).mode & 0o777).to.equal(0o700);
      await mkdir(join(path, "a/b"), { recursive: true });
    }
    expect(existsSync(path)).to.equal(false);
  });

  it("does not follow links out of the folder, and may be removed twice", async () => {
    await using outside = await createTempFolder("outside");
    const kept = join(outside.path, "kept");
    await writeFile(kept, "");
    const folder = await createTempFolder("test");
    await symlink(outside.path, join(folder.path, "link"));

    await folder.remove();
    await folder.remove();

    expect(existsSync(kept)).to.equal(true);
  });
});
