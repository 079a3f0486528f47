import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { after, before, describe, it } from "mocha";

import { createTempFolder, type TempFolder } from "../../src/support/temp-folder.js";
import { runCritique } from "../cli/run-critique.js";
import { commandsOf, readDocuments } from "./documents.js";
import { rehearse } from "./rehearsal.js";

const commands = new Map<string, string>();
for (const document of await readDocuments()) {
  for (const command of commandsOf(document)) if (!commands.has(command)) commands.set(command, document.path);
}

describe("the commands of the documents", function () {
  this.timeout(120_000);

  let folder: TempFolder;
  let endpoint: string;

  before(async function () {
    if (process.getuid?.() !== 0) this.skip();
    folder = await createTempFolder("documents");
    await writeFile(join(folder.path, "known-failures.txt"), "# defect: an example\nSBX-008\n");
    const { code, stdout, stderr } = await critique(["lab", "up", "--json"], "endpoint");
    expect(code, stderr).to.equal(0);
    ({ endpoint } = JSON.parse(stdout) as { endpoint: string });
  });
  after(async () => {
    if (!folder) return;
    for (const labs of ["endpoint", "documents"]) await critique(["lab", "down"], labs);
    await folder.remove();
  });

  /** @param labs name of the folder of labs: those of the documents must not meet the one that they are tried at */
  const critique = (args: readonly string[], labs = "documents") =>
    runCritique(args, {
      cwd: folder.path,
      env: { CRITIQUE_LABS_FOLDER: join(folder.path, labs), CRITIQUE_STATE_FOLDER: join(folder.path, "state") },
    });

  for (const [command, path] of commands) {
    it(`${path}: ${command}`, async function () {
      const rehearsal = rehearse(command, endpoint);
      if ("why" in rehearsal) return this.skip();
      const { code, stdout, stderr } = await critique(rehearsal.args);
      expect(code, `${rehearsal.args.join(" ")}\n${stdout}\n${stderr}`).to.equal(rehearsal.code);
    });
  }
});
