import { randomInt } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { newRunId } from "../harness/ownership.js";
import { runSuite } from "../harness/run.js";
import type { Spec } from "../harness/spec.js";
import type { TestImages } from "../harness/test-images.js";
import { harmlessJson } from "../report/escape.js";
import { DEFAULT_FORMATS } from "../report/reporters/index.js";
import { compareVerdicts, type NamedResults, type VerdictComparison } from "../report/verdict-comparison.js";
import type { ConnectedTarget } from "./compare-targets.js";
import type { Invocation } from "./invocation.js";
import { LAB_VARIABLE } from "./lab-variable.js";
import { recordedOptions } from "./recorded-options.js";
import { RunReports } from "./run-reports.js";
import { foundBenchmarks } from "./shown-benchmarks.js";
import { tell } from "./terminal.js";
import { packageVersion } from "./version.js";

export interface VerdictRun {
  targets: readonly ConnectedTarget[];
  specs: readonly Spec[];
  images: TestImages;
  /** Folder of the comparison; each target's reports are in `TARGET/conformance` below it. */
  folder: string;
  signal: AbortSignal;
}

/**
 * Runs the same specs, in the same order, on one target after the other, and puts the verdicts side by side. Verdicts do
 * not depend on what else the host does, so there are no turns.
 */
export async function runVerdicts(invocation: Invocation, run: VerdictRun): Promise<VerdictComparison> {
  const { options, terminal } = invocation;
  const { targets, specs, images, signal } = run;
  const seed = options.seed ?? randomInt(1 << 30);
  const sides: NamedResults[] = [];
  for (const { name, connection, handler, endpointSource } of targets) {
    if (signal.aborted) break;
    const reportFolder = join(run.folder, name, "conformance");
    // Where latencies were compared too, the target's own measurements are in the folder above.
    const reportOptions = await foundBenchmarks(join(run.folder, name));
    const reports = new RunReports({ folder: reportFolder, prefix: "", formats: DEFAULT_FORMATS, reportOptions });
    let done = 0;
    await runSuite({
      runId: newRunId(),
      suiteVersion: await packageVersion(),
      connection,
      endpointSource,
      handler,
      specs,
      images,
      parallel: options.parallel,
      timeoutMs: options.timeoutMs,
      retries: 0,
      failFast: false,
      exclusive: invocation.env[LAB_VARIABLE] !== undefined,
      seed,
      expectations: () => undefined,
      options: recordedOptions(invocation),
      signal,
      onEvent: (event) => {
        reports.add(event);
        if (event.type !== "specEnded" || options.quiet) return;
        done++;
        // As in a log: a line now and then, whatever the output is.
        if (done % 50 === 0 || done === specs.length) tell(terminal, `${name}: ${done}/${specs.length} specs`);
      },
    });
    const { results, troubles } = await reports.finish();
    for (const trouble of troubles) tell(terminal, `critique: ${trouble}`);
    sides.push({ name, results, reportFolder });
  }
  const comparison = compareVerdicts(sides);
  await writeFile(join(run.folder, "verdicts.json"), `${harmlessJson(JSON.stringify(comparison, undefined, 2))}\n`);
  return comparison;
}
