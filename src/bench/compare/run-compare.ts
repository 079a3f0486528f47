import { randomInt } from "node:crypto";
import { join } from "node:path";
import type { CriConnection } from "../../cri/client.js";
import type { Mode } from "../core/iteration.js";
import type { LoadShape } from "../core/load-shape.js";
import type { SampleStore } from "../core/sample-store.js";
import { isCostScenario, type AnyScenario } from "../core/scenario.js";
import { DEFAULT_WARMUP } from "../core/steady-state.js";
import { runCostScenario } from "../cost/cost-run.js";
import type { BenchResult } from "../result/model.js";
import { ReportFolder } from "../result/report-folder.js";
import { evaluateThreshold, type Threshold } from "../result/threshold.js";
import { checkMeasurement, DEFAULT_SAMPLES, type BenchProgress } from "../run-bench.js";
import { TargetSession } from "../target-session.js";
import { compareSides, type Side } from "./compare-sides.js";
import { DEFAULT_RULES } from "./judge.js";
import { COMPARE_SCHEMA_VERSION, type CompareResult } from "./model.js";
import { seededRandom, shuffled } from "./random.js";
import { runInterleaved } from "./run-interleaved.js";

/** A runtime and handler to compare. */
export interface CompareTarget {
  /** Unique among the targets; the name of its report folder. */
  name: string;
  connection: CriConnection;
  /** Runtime handler of the pods; empty or left out for the runtime's default. */
  handler?: string;
  /** Reference of an image that is present on the runtime and holds `sh` and `sleep`. */
  image: string;
}

export interface CompareOptions {
  /** The first is what the others are compared with, unless there is a baseline. The same handler may be named twice. */
  targets: readonly CompareTarget[];
  /** The result of an earlier run to compare all targets with. */
  baseline?: BenchResult;
  scenarios: readonly AnyScenario[];
  /** Attempts per scenario and target. Default 100. */
  samples?: number;
  /** A fixed number of warm-up iterations; left out, they go on until the scenario is steady. */
  warmup?: number;
  /** Default one at a time. */
  shape?: LoadShape;
  /** Conditions on every target; those relative to a baseline refer to `baseline`, or else to the first target. */
  thresholds?: readonly Threshold[];
  /** Folder for compare.json, and one folder per target; left out, nothing is written. */
  reportDir?: string;
  signal?: AbortSignal;
  onProgress?: (progress: BenchProgress & { target: string }) => void;
  suiteVersion?: string;
  /** Default a random one. */
  seed?: number;
}

/** Targets that cannot be compared: value, rule and remedy in one sentence. */
export class CompareTargetsError extends Error {
  override name = "CompareTargetsError";
}

/** Name of the side that comes from a file. */
const BASELINE = "baseline";

/**
 * Measures several targets in turns and tells what differs.
 *
 * @throws what `runBench` throws; CompareTargetsError for too few targets or a name that is taken or unusable.
 */
export async function runCompare(options: CompareOptions): Promise<CompareResult> {
  checkMeasurement(options);
  checkTargets(options);
  const { scenarios, samples = DEFAULT_SAMPLES, warmup, baseline, suiteVersion = "unknown", onProgress } = options;
  const { signal = new AbortController().signal, seed = randomInt(2 ** 32), shape = ONE_AT_A_TIME } = options;
  const startedMs = performance.now();
  const startedAt = new Date().toISOString();
  const random = seededRandom(seed);
  const folder =
    options.reportDir === undefined ? undefined : await ReportFolder.open(options.reportDir, "", "compare.json");
  const sessions = await openSessions(options, signal, suiteVersion, samples);
  const sides = sessions.map(({ result }, index): Side & { stores: Map<string, SampleStore> } => {
    return { name: options.targets[index]!.name, result, stores: new Map() };
  });
  try {
    for (const scenario of scenarios) {
      if (signal.aborted) break;
      if (isCostScenario(scenario)) {
        for (const session of shuffled(sessions, random)) {
          await session.add(await runCostScenario(scenario, session.context));
        }
        continue;
      }
      const contexts = sessions.map(({ context }) => context);
      const progressOf = (target: number, mode: Mode, done: number) =>
        onProgress?.({
          target: sides[target]!.name,
          scenario: scenario.name,
          mode,
          done,
          of: mode === "run" ? samples : warmup,
        });
      const rounds = { samples, shape, warmup: warmup ?? DEFAULT_WARMUP, random, signal, onProgress: progressOf };
      const runs = await runInterleaved(scenario, contexts, rounds);
      for (const [target, run] of runs.entries()) {
        sides[target]!.stores.set(scenario.name, run.store);
        await sessions[target]!.add(run);
      }
    }
  } finally {
    for (const session of sessions) await session.close();
  }
  judgeThresholds(options, sessions);
  for (const session of sessions) await session.writeAll();

  const first: Side = baseline ? { name: BASELINE, result: baseline, stores: new Map() } : sides[0]!;
  const others = baseline ? sides : sides.slice(1);
  const result: CompareResult = {
    schema: "critique.dev/compare",
    schemaVersion: COMPARE_SCHEMA_VERSION,
    suiteVersion,
    state: stateOf(sides, signal),
    startedAt,
    durationMs: Math.round(performance.now() - startedMs),
    seed,
    rules: DEFAULT_RULES,
    targets: [first, ...others].map((side) => ({
      name: side.name,
      source: side.result === baseline ? "baseline" : "measured",
      result: side.result,
    })),
    comparisons: others.map((other) => compareSides(first, other, random)),
  };
  if (folder) {
    await folder.writeJson("compare.json", result);
    const { COMPARE_EXPORTERS } = await import("../exporters/compare-exporters.js");
    for (const { fileName, render } of COMPARE_EXPORTERS) await folder.writeText(fileName, render(result));
  }
  return result;
}

/** A threshold relative to the first target says nothing about that one. */
function judgeThresholds({ thresholds = [], baseline }: CompareOptions, sessions: readonly TargetSession[]): void {
  const reference = baseline ?? sessions[0]?.result;
  for (const { result } of sessions) {
    const applicable = thresholds.filter(({ bound }) => bound.kind !== "baseline" || result !== reference);
    result.thresholds = applicable.map((each) => evaluateThreshold(each, result.metrics, reference?.metrics));
  }
}

const ONE_AT_A_TIME: LoadShape = { kind: "sequential" };

async function openSessions(
  { targets, warmup, reportDir, shape = ONE_AT_A_TIME }: CompareOptions,
  signal: AbortSignal,
  suiteVersion: string,
  samples: number,
): Promise<TargetSession[]> {
  const sessions: TargetSession[] = [];
  try {
    for (const { name, connection, handler = "", image } of targets) {
      const folder = reportDir === undefined ? undefined : await ReportFolder.open(join(reportDir, name), "");
      const common = { samples, warmup: warmup ?? ("steady" as const), shape, suiteVersion, signal, folder };
      sessions.push(await TargetSession.open({ connection, handler, image, ...common }));
    }
  } catch (error) {
    for (const session of sessions) await session.close();
    throw error;
  }
  return sessions;
}

function stateOf(targets: readonly Side[], signal: AbortSignal): BenchResult["state"] {
  if (signal.aborted) return "interrupted";
  return targets.some(({ result }) => result.state === "failed") ? "failed" : "completed";
}

function checkTargets({ targets, baseline }: CompareOptions): void {
  const sides = targets.length + (baseline ? 1 : 0);
  if (targets.length === 0 || sides < 2) {
    throw new CompareTargetsError(`${sides} targets cannot be compared: name two, for example --handlers runc,crun.`);
  }
  const names = [...(baseline ? [BASELINE] : []), ...targets.map(({ name }) => name)];
  for (const [index, name] of names.entries()) {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) {
      throw new CompareTargetsError(
        `Target name "${name}": use letters, digits, ".", "_" and "-", for example runc-2.`,
      );
    }
    if (names.indexOf(name) !== index) {
      throw new CompareTargetsError(`Target name "${name}" is taken: give each target another, for example ${name}-2.`);
    }
  }
}
