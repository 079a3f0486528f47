// Runs `critique run` again and again, and says what did not stay as it was:
//   node dist/tools/repeat-run.js COUNT FOLDER [--hog] [OPTION OF critique run...]
// FOLDER gets one report folder a run. With --hog a busy loop for each processor runs beside. Exits with 1 when a run did not end
// with 0 or a verdict differed from the first run's; races that the runtime is known to lose now and then may differ.

import { spawn, type ChildProcess } from "node:child_process";
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";

import { runChild } from "../src/cli/run-child.js";
import { compareVerdicts, type NamedResults } from "../src/report/verdict-comparison.js";
import type { RunResults } from "../src/report/model.js";
import { formatDurationMs } from "../src/support/duration.js";
import { REPO_ROOT } from "./repo-root.js";

const [count, folder, ...rest] = process.argv.slice(2);
if (!/^[1-9]\d*$/.test(count ?? "") || folder === undefined) {
  console.error("Name how often and where: node dist/tools/repeat-run.js 10 /tmp/runs --lab --expectations builtin");
  process.exit(2);
}
const hogs = rest.includes("--hog") ? startHogs() : [];
const options = rest.filter((option) => option !== "--hog");
const exitCodes: number[] = [];
const runs: NamedResults[] = [];
try {
  for (let number = 1; number <= Number(count); number++) {
    const reportFolder = join(folder, String(number));
    const args = [join(REPO_ROOT, "bin/critique.js"), "run", "--quiet", "--report-dir", reportFolder, ...options];
    const exitCode = await runChild(process.execPath, args, { env: process.env, ownSession: false });
    exitCodes.push(exitCode);
    const results = await resultsIn(reportFolder);
    if (results) runs.push({ name: `run ${number}`, results });
    console.log(`run ${number}: exit code ${exitCode}, ${results ? summary(results) : "no results"}`);
    // Ended by a signal: by the suite, or before it could see to it.
    if (exitCode > 128) break;
  }
} finally {
  for (const hog of hogs) hog.kill("SIGKILL");
}

const differing = compareVerdicts(runs).differing.filter(({ id }) => !runs.every((run) => isFairRace(run, id)));
for (const { id, verdicts } of differing) {
  for (const { target, verdict, reason } of verdicts)
    console.log(`${id} ${target}: ${verdict}${reason && `, ${reason}`}`);
}
const good = exitCodes.filter((code) => code === 0).length;
console.log(`${good} of ${count} runs ended with 0; ${differing.length} specs did not keep their verdict`);
process.exitCode = good === Number(count) && differing.length === 0 ? 0 : 1;

function startHogs(): ChildProcess[] {
  return Array.from({ length: availableParallelism() }, () => spawn(process.execPath, ["-e", "for (;;);"]));
}

async function resultsIn(reportFolder: string): Promise<RunResults | undefined> {
  try {
    return JSON.parse(await readFile(join(reportFolder, "results.json"), "utf8")) as RunResults;
  } catch {
    return undefined;
  }
}

function summary({ counts, end, specs }: RunResults): string {
  const numbers = Object.entries(counts).filter(([, number]) => number > 0);
  const unexpected = specs.filter(({ asExpected }) => !asExpected).map(({ id }) => id);
  const { durationMs = 0, cpu } = end ?? {};
  return [
    ...numbers.map(([verdict, number]) => `${number} ${verdict}`),
    formatDurationMs(durationMs),
    `processor time ${formatDurationMs(cpu?.suiteMs ?? 0)} of the suite, ${formatDurationMs(cpu?.runtimeMs ?? 0)} of the runtime`,
    ...(unexpected.length > 0 ? [`not as expected: ${unexpected.join(" ")}`] : []),
  ].join(", ");
}

/** Won or lost, a known race is as expected. */
function isFairRace({ results }: NamedResults, id: string): boolean {
  const spec = results.specs.find((each) => each.id === id);
  return spec?.knownFailure?.category === "race" && spec.asExpected;
}
