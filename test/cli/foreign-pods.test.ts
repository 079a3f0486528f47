import { randomInt } from "node:crypto";
import { join } from "node:path";
import { expect } from "chai";
import { after, before, describe, it } from "mocha";

import { startLab, stopLab } from "../../src/lab/index.js";
import { createTempFolder } from "../../src/support/temp-folder.js";
import { ForeignPods } from "../support/foreign-pods.js";
import { runCritique, type CritiqueOptions } from "./run-critique.js";

/** Of these a dozen pods come and go, with containers and images. */
const IDS = "SBX-00*,CTR-00*,IMG-00*,IMG-010";

describe("pods of others on the runtime", function () {
  this.timeout(300_000);

  const cleanUps: (() => unknown)[] = [];
  let endpoint: string;
  let others: ForeignPods;
  let folder: string;

  before(async function () {
    if (process.getuid?.() !== 0) this.skip();
    const temp = await createTempFolder("foreign-pods");
    folder = temp.path;
    cleanUps.push(() => temp.remove());
    const lab = await startLab({ ownedByThisProcess: true, handlers: ["runc"] });
    cleanUps.push(() => stopLab(lab.id));
    endpoint = lab.endpoint;
    others = await ForeignPods.start(endpoint, 3);
    cleanUps.push(() => others[Symbol.asyncDispose]());
  });
  after(async () => {
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
  });

  const critique = (args: readonly string[], options: CritiqueOptions = {}) =>
    runCritique(args, { env: { CRITIQUE_STATE_FOLDER: join(folder, "state") }, ...options });
  const run = (options: CritiqueOptions = {}) =>
    critique(["run", "-r", endpoint, "--ids", IDS, "--report-dir", join(folder, "out")], options);

  it("are as before after a run", async () => {
    const before = await others.everything();
    expect(before.pods).to.have.lengthOf(3);
    expect(before.containers).to.have.lengthOf(3);

    const end = await run();

    expect(end.code, end.stderr).to.equal(0);
    expect(await others.everything()).to.deep.equal(before);
  });

  it("are as before after a run that was killed at some moment, and critique clean", async () => {
    const before = await others.everything();
    const count = randomInt(1, 9);
    const ended = new AbortController();
    let killed: Promise<void> | undefined;

    const end = await run({
      onStderr: (_text, child) => {
        killed ??= others.untilOthers(count, ended.signal).then(() => void child.kill("SIGKILL"));
      },
    }).finally(() => ended.abort());
    await killed;
    expect(end.code, `exit code of a run killed at its pod ${count}`).to.equal(null);
    const clean = await critique(["clean"]);

    expect(clean.code, clean.stderr).to.equal(0);
    expect(await others.everything(), `after a run killed at its pod ${count}`).to.deep.equal(before);
  });
});
