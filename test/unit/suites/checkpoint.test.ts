import { chmod, writeFile } from "node:fs/promises";
import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import "../../../suites/checkpoint/container.spec.js";
import "../../../suites/checkpoint/pod.spec.js";
import { declaredSpecs } from "../../../src/harness/spec.js";
import { createTempFolder, type TempFolder } from "../../../src/support/temp-folder.js";
import { checkpointingRuntime, type CheckpointFaults } from "../../support/checkpointing-runtime.js";
import { runSpecs } from "../../support/run-specs.js";

const specs = declaredSpecs().filter(({ info }) => info.id.startsWith("CKP-"));

/** What each spec says of a runtime: `passed`, or why not. */
async function verdicts(faults: CheckpointFaults): Promise<Record<string, string>> {
  const { results } = await runSpecs(specs, checkpointingRuntime(faults), { timeoutMs: 30_000 });
  return Object.fromEntries(
    results.specs.map(({ id, verdict, reason }) => [id, verdict === "passed" ? verdict : reason]),
  );
}

const FAULTS = [
  "careless",
  "patient",
  "indiscreet",
  "hollow",
  "amnesic",
  "freezing",
  "eager",
  "littering",
] as const satisfies (keyof CheckpointFaults)[];

describe("the specs of checkpoints", function () {
  this.timeout(60_000); // a frozen counter is waited for in vain

  const { PATH } = process.env;
  const said = new Map<string, Record<string, string>>();
  let folder: TempFolder | undefined;
  const sayOf = (fault: (typeof FAULTS)[number]) => said.get(fault)!;

  before(async function () {
    // The specs look at files that the runtime's user alone may read.
    if (process.getuid?.() !== 0) this.skip();
    folder = await createTempFolder("criu");
    await writeFile(`${folder.path}/criu`, "");
    await chmod(`${folder.path}/criu`, 0o755);
    process.env["PATH"] = `${folder.path}:${PATH}`;
    // Side by side, because some wait.
    await Promise.all([
      verdicts({}).then((all) => said.set("none", all)),
      ...FAULTS.map(async (fault) => said.set(fault, await verdicts({ [fault]: true }))),
    ]);
  });

  after(async () => {
    process.env["PATH"] = PATH;
    await folder?.remove();
  });

  it("pass on a right runtime", () => {
    expect(said.get("none")).to.deep.equal(
      Object.fromEntries(["CKP-001", "CKP-002", "CKP-003", "CKP-004", "CKP-005"].map((id) => [id, "passed"])),
    );
  });

  it("fail where anything is checkpointed", () => {
    expect(sayOf("careless")["CKP-002"]).to.match(/CheckpointContainer of an? \w+ container: expected an error/);
    expect(sayOf("careless")["CKP-004"]).to.match(/CheckpointPod with no containers: expected an error/);
  });

  it("fail where a pod is checkpointed without a deadline", () => {
    expect(sayOf("patient")["CKP-004"]).to.match(/^CheckpointPod without a deadline: expected an error, seen OK/);
  });

  it("fail where others may read an archive", () => {
    expect(sayOf("indiscreet")["CKP-001"]).to.match(/rights of others in the archive's mode/);
  });

  it("fail where an archive lacks the memory", () => {
    expect(sayOf("hollow")["CKP-001"]).to.match(/files below checkpoint\//);
  });

  it("fail where containers stay frozen", () => {
    expect(sayOf("freezing")["CKP-001"]).to.match(/expected the counter to pass/);
    expect(sayOf("freezing")["CKP-004"]).to.match(/expected the counter to pass/);
  });

  it("fail where restored containers begin anew", () => {
    expect(sayOf("amnesic")["CKP-003"]).to.match(/expected the counter to pass 1\d{6}/);
    expect(sayOf("amnesic")["CKP-005"]).to.match(/expected the counter to pass 1\d{6}/);
  });

  it("fail where restored containers run before they are started", () => {
    expect(sayOf("eager")["CKP-005"]).to.match(/before StartContainer: .*CONTAINER_CREATED/);
  });

  it("fail where a failure leaves something", () => {
    expect(sayOf("littering")["CKP-002"]).to.match(/^what is at location after .*: expected to equal "nothing"/);
    expect(sayOf("littering")["CKP-005"]).to.match(/^sandboxes that RestorePod .* left: expected to be empty/);
  });
});
