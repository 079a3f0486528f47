import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { describe, it } from "mocha";
import { parseExpectations } from "../../../src/config/expectations.js";
import { loadSpecs } from "../../../src/harness/catalogue.js";

const FOLDER = fileURLToPath(new URL("../../../../fixtures/runtimes/", import.meta.url));

describe("the known failures of runtimes that come with the suite", () => {
  it("name specs that there are, each once and with its reason", async () => {
    const ids = (await loadSpecs()).map(({ info }) => info.id);
    const files = (await readdir(FOLDER, { recursive: true })).filter((file) => file.endsWith(".txt"));
    expect(files).to.not.be.empty;
    for (const file of files) {
      const text = await readFile(`${FOLDER}${file}`, "utf8");
      const known = parseExpectations(text, file, ids);
      for (const id of ids) {
        const reason = known(id)?.reason;
        if (reason !== undefined) expect(reason, `${file}: ${id}`).to.match(/^(defect|unsupported|default): /);
      }
    }
  });
});
