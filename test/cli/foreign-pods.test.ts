import { randomInt } from "node:crypto";
import { join } from "node:path";
import { expect } from "chai";
import { after, before, describe, it } from "mocha";

import { startLab, stopLab } from "../../src/lab/index.js";
import { createTempFolder } from "../../src/support/temp-folder.js";
import { ForeignPods } from "../support/foreign-pods.js";
import { runCritique, type CritiqueOptions } from "./run-critique.js";
import { containerdFolders } from "../support/containerd-folders.js";

/** How many runs; more than one are of the whole suite, and beside 20 pods: docs/reliability.md tells what came of it. */
const RUNS = Number(process.env.CRITIQUE_TEST_RUNS ?? 1);
const IS_LONG = RUNS > 1;
const PODS = IS_LONG ? 20 : 3;

/** Of these a dozen pods come and go, with containers and images. */
const FEW_IDS = "SBX-00*,CTR-00*,IMG-00*,IMG-010";
/** Before so many pods a killed run is killed; a whole run has more than 200. */
const MOST_PODS = IS_LONG ? 100 : 9;
/** A whole run takes two minutes, and as many times longer as others want the processors. */
const RUN_MS = IS_LONG ? 900_000 : 100_000;

for (const containerdFolder of [undefined, ...containerdFolders]) {
  describe(`pods of others on the containerd of ${containerdFolder ?? "this host"}`, function () {
    this.timeout(100_000 + RUNS * RUN_MS);

    const cleanUps: (() => unknown)[] = [];
    let endpoint: string;
    let others: ForeignPods;
    let folder: string;

    before(async function () {
      if (process.getuid?.() !== 0) this.skip();
      const temp = await createTempFolder("foreign-pods");
      folder = temp.path;
      cleanUps.push(() => temp.remove());
      const lab = await startLab({
        ownedByThisProcess: true,
        handlers: ["runc"],
        ...(containerdFolder && { containerdFolder }),
      });
      cleanUps.push(() => stopLab(lab.id));
      endpoint = lab.endpoint;
      others = await ForeignPods.start(endpoint, PODS);
      cleanUps.push(() => others[Symbol.asyncDispose]());
    });
    after(async () => {
      for (const cleanUp of cleanUps.reverse()) await cleanUp();
    });

    const critique = (args: readonly string[], options: CritiqueOptions = {}) =>
      runCritique(args, { env: { CRITIQUE_STATE_FOLDER: join(folder, "state") }, hangMs: RUN_MS, ...options });
    const run = (options: CritiqueOptions = {}) => {
      const ids = IS_LONG ? [] : ["--ids", FEW_IDS];
      const args = ["run", "-r", endpoint, ...ids, "--expectations", "builtin"];
      return critique([...args, "--report-dir", join(folder, "out")], options);
    };

    it("are as before after every run", async () => {
      const before = await others.everything();
      expect(before.pods).to.have.lengthOf(PODS);
      expect(before.containers).to.have.lengthOf(PODS);

      for (let index = 1; index <= RUNS; index++) {
        const end = await run();

        expect(end.code, end.stderr).to.equal(0);
        expect(await others.everything(), `after run ${index}`).to.deep.equal(before);
      }
    });

    it("are as before after every run that was killed at some moment, and critique clean", async () => {
      const before = await others.everything();
      for (let index = 1; index <= RUNS; index++) {
        const count = randomInt(1, MOST_PODS);
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

        expect(clean.code, clean.stdout + clean.stderr).to.equal(0);
        expect(await others.everything(), `after a run killed at its pod ${count}`).to.deep.equal(before);
      }
    });
  });
}
