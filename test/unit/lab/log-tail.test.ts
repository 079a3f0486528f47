import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect } from "chai";
import { describe, it } from "mocha";

import { logTail } from "../../../src/lab/log-tail.js";
import { createTempFolder } from "../../../src/support/temp-folder.js";

describe("logTail", () => {
  it("gives the last lines, those of trouble if there are any", async () => {
    await using folder = await createTempFolder("log");
    const path = join(folder.path, "log");
    expect(await logTail(path)).to.deep.equal([]);
    await writeFile(path, 'level=info msg="one"\nlevel=info msg="two"\n');
    expect(await logTail(path, 1)).to.deep.equal(['level=info msg="two"']);
    await writeFile(path, 'level=info msg="one"\nlevel=error msg="bad"\nlevel=info msg="two"\n');
    expect(await logTail(path)).to.deep.equal(['level=error msg="bad"']);
  });
});
