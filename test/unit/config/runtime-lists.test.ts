import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { describe, it } from "mocha";
import { parseCapabilities } from "../../../src/config/capabilities.js";
import { parseExpectations } from "../../../src/config/expectations.js";
import { DECLARABLE_FEATURES } from "../../../src/harness/features.js";
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
        if (reason !== undefined) expect(reason, `${file}: ${id}`).to.match(/^(defect|race|unsupported|default): /);
      }
    }
  });
});

describe("the capabilities of runtimes that come with the suite", () => {
  it("are declared with features that there are", async () => {
    const files = (await readdir(FOLDER, { recursive: true })).filter((file) => file.endsWith(".yaml"));
    expect(files).to.not.be.empty;
    for (const file of files) {
      const names = { declarable: DECLARABLE_FEATURES, all: DECLARABLE_FEATURES };
      const declaration = parseCapabilities(await readFile(`${FOLDER}${file}`, "utf8"), file, names);
      expect(declaration.features, file).to.not.be.empty;
    }
  });
});
