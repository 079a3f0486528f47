import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { describe, it } from "mocha";
import { createTempFolder } from "../../src/support/temp-folder.js";
import { startFakeRuntime } from "../support/fake-runtime.js";
import { expectUserError } from "./expect-error.js";
import { runCritique } from "./run-critique.js";

describe("critique prove", () => {
  it("refuses a runtime that is no lab, and names the option that allows it", async () => {
    const end = await runCritique(["prove", "-r", "/run/other.sock"]);
    expectUserError(end, 2, "--lab", "--i-know-pods-may-be-lost");
  });

  it("refuses a choice without a fault", async () => {
    expectUserError(await runCritique(["prove", "--lab", "--faults", "noop:Nothing"]), 2, "leave no fault");
  });

  it("refuses to write over a run, and to continue none", async () => {
    await using folder = await createTempFolder("cli-prove");
    expectUserError(await runCritique(["prove", "--lab", "--resume", folder.path]), 2, "there is no prove.ndjson");
    await writeFile(join(folder.path, "prove.ndjson"), "");
    expectUserError(await runCritique(["prove", "--lab", "--report-dir", folder.path]), 2, "holds a run already");
  });

  it("ends with 3 where nothing was noticed at all", async () => {
    const runtime = await startFakeRuntime();
    await using folder = await createTempFolder("cli-prove");
    const given = ["-r", runtime.socketPath, "--i-know-pods-may-be-lost", "--report-dir", join(folder.path, "out")];
    const end = await runCritique(["prove", ...given, "--ids", "RTI-001", "--faults", "ignored:Version.version"]);
    await runtime.close();
    expect(end.code, end.stderr).to.equal(3);
    expect(end.stderr).to.include("No fault was noticed");
    expect(end.stdout).to.include("1 equivalent");
  });
});
