import { UsageError } from "../config/errors.js";
import type { Selection } from "../config/selection.js";
import { ResultsFold } from "../report/results.js";
import { newestRun, readRun } from "./run-folder.js";

/**
 * Reads which specs of an earlier run were not as expected: failed, flaky, broken, not run, or passed against the list of
 * known failures. Only that is taken from the run; endpoint, handler and known failures are those of this one.
 *
 * @param path the run's folder; empty for the newest in reports/
 * @throws UsageError when there is no such run, or when all of it was as expected
 */
export async function readUnexpected(path: string): Promise<NonNullable<Selection["among"]>> {
  const { events, folder } = await readRun(path === "" ? await newestRun("reports") : path);
  const fold = new ResultsFold();
  for (const event of events) fold.add(event);
  const ids = new Set(
    fold
      .results()
      .specs.filter(({ asExpected }) => !asExpected)
      .map(({ id }) => id),
  );
  if (ids.size > 0) return { ids, why: `--rerun-failed ${folder}` };
  throw new UsageError(`--rerun-failed: every spec of "${folder}" was as expected; there is nothing to run again.`);
}
