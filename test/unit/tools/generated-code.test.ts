import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { expect } from "chai";
import { describe, it } from "mocha";

import { createTempFolder } from "../../../src/support/temp-folder.js";
import { differingFiles } from "../../../tools/generated-code.js";

async function writeTree(folder: string, files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

describe("differingFiles", () => {
  it("is empty for equal trees", async () => {
    await using committed = await createTempFolder("committed");
    await using fresh = await createTempFolder("fresh");
    for (const { path } of [committed, fresh]) await writeTree(path, { "a.ts": "1", "runtime/v1/b.ts": "2" });

    expect(await differingFiles(committed.path, fresh.path)).to.deep.equal([]);
  });

  it("tells files that changed, are missing or are left over", async () => {
    await using committed = await createTempFolder("committed");
    await using fresh = await createTempFolder("fresh");
    await writeTree(committed.path, { "same.ts": "1", "runtime/v1/edited.ts": "1", "runtime/left-over.ts": "1" });
    await writeTree(fresh.path, { "same.ts": "1", "runtime/v1/edited.ts": "2", "new.ts": "1" });

    expect(await differingFiles(committed.path, fresh.path)).to.deep.equal([
      { path: "new.ts", difference: "missing" },
      { path: "runtime/left-over.ts", difference: "extra" },
      { path: "runtime/v1/edited.ts", difference: "changed" },
    ]);
  });
});
