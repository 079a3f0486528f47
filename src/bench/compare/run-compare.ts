import { randomInt } from "node:crypto";
import type { CriConnection } from "../../cri/client.js";
import type { SampleStore } from "../core/sample-store.js";
import type { Scenario } from "../core/scenario.js";
import { DEFAULT_WARMUP } from "../core/steady-state.js";
import type { BenchResult } from "../result/model.js";
import { ReportFolder } from "../result/report-folder.js";
import { checkMeasurement, DEFAULT_SAMPLES, type BenchProgress } from "../run-bench.js";
import { VERSION_METRIC } from "../result/summarize.js";
import { TargetSession } from "../target-session.js";
import { DEFAULT_RULES, judgeAll, type ComparisonInput } from "./judge.js";
import { COMPARE_SCHEMA_VERSION, type ComparedTarget, type CompareResult, type TargetComparison } from "./model.js";
import { seededRandom, type Random } from "./random.js";
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
  scenarios: readonly Scenario[];
  /** Attempts per scenario and target. Default 100. */
  samples?: number;
  /** A fixed number of warm-up iterations; left out, they go on until the scenario is steady. */
  warmup?: number;
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
  const { signal = new AbortController().signal, seed = randomInt(2 ** 32) } = options;
  const startedMs = performance.now();
  const random = seededRandom(seed);
  const folder =
    options.reportDir === undefined ? undefined : await ReportFolder.open(options.reportDir, "", "compare.json");
  const sessions = await openSessions(options, signal, suiteVersion, samples);
  const stores = sessions.map(() => new Map<string, SampleStore>());
  try {
    for (const scenario of scenarios) {
      if (signal.aborted) break;
      const runs = await runInterleaved(
        scenario,
        sessions.map(({ context }) => context),
        {
          samples,
          warmup: warmup ?? DEFAULT_WARMUP,
          random,
          signal,
          onProgress: (target, mode, done) => {
            const { name } = options.targets[target]!;
            onProgress?.({ target: name, scenario: scenario.name, mode, done, of: mode === "run" ? samples : warmup });
          },
        },
      );
      for (const [target, run] of runs.entries()) {
        stores[target]!.set(scenario.name, run.store);
        await sessions[target]!.add(run);
      }
    }
  } finally {
    for (const session of sessions) await session.close();
  }
  for (const session of sessions) await session.write();

  const measured = sessions.map(({ result }, index): ComparedTarget => {
    return { name: options.targets[index]!.name, source: "measured", result };
  });
  const result: CompareResult = {
    schema: "critique.dev/compare",
    schemaVersion: COMPARE_SCHEMA_VERSION,
    suiteVersion,
    state: stateOf(measured, signal),
    startedAt: sessions[0]!.result.startedAt,
    durationMs: Math.round(performance.now() - startedMs),
    seed,
    rules: DEFAULT_RULES,
    targets: [...(baseline ? [{ name: BASELINE, source: "baseline" as const, result: baseline }] : []), ...measured],
    comparisons: baseline
      ? measured.map((target, index) => withBaseline(baseline, target, stores[index]!, random))
      : measured.slice(1).map((target, index) => {
          return withFirst(measured[0]!, stores[0]!, target, stores[index + 1]!, random);
        }),
  };
  await folder?.writeJson("compare.json", result);
  return result;
}

async function openSessions(
  { targets, warmup, reportDir }: CompareOptions,
  signal: AbortSignal,
  suiteVersion: string,
  samples: number,
): Promise<TargetSession[]> {
  const sessions: TargetSession[] = [];
  try {
    for (const { name, connection, handler = "", image } of targets) {
      const folder = reportDir === undefined ? undefined : await ReportFolder.open(`${reportDir}/${name}`, "");
      const shape = { kind: "sequential" as const };
      const common = { samples, warmup: warmup ?? ("steady" as const), shape, suiteVersion, signal, folder };
      sessions.push(await TargetSession.open({ connection, handler, image, ...common }));
    }
  } catch (error) {
    for (const session of sessions) await session.close();
    throw error;
  }
  return sessions;
}

function withFirst(
  first: ComparedTarget,
  firstStores: ReadonlyMap<string, SampleStore>,
  other: ComparedTarget,
  otherStores: ReadonlyMap<string, SampleStore>,
  random: Random,
): TargetComparison {
  const floorNs = floorOf(first.result, other.result);
  const inputs = [...firstStores].flatMap(([scenario, store]): ComparisonInput[] =>
    store.metrics.map((phase) => ({
      metric: `${scenario}.${phase}`,
      a: store.valuesByAttempt(phase),
      b: otherStores.get(scenario)?.valuesByAttempt(phase) ?? [],
      paired: true,
      floorNs,
    })),
  );
  return { a: first.name, b: other.name, interleaved: true, metrics: judgeAll(inputs, random) };
}

function withBaseline(
  baseline: BenchResult,
  target: ComparedTarget,
  stores: ReadonlyMap<string, SampleStore>,
  random: Random,
): TargetComparison {
  const floorNs = floorOf(baseline, target.result);
  const inputs = baseline.metrics.flatMap((metric): ComparisonInput[] => {
    const store = stores.get(metric.scenario);
    if (metric.state === "empty" || !store?.metrics.includes(metric.phase)) return [];
    const b = store.valuesByAttempt(metric.phase);
    return [{ metric: metric.name, a: metric.samples, b, paired: false, floorNs }];
  });
  return { a: BASELINE, b: target.name, interleaved: false, metrics: judgeAll(inputs, random) };
}

/** The Version round trip of the slower side: no difference below it is claimed. */
function floorOf(...results: BenchResult[]): number {
  const floors = results.map(({ metrics }) => metrics.find(({ name }) => name === VERSION_METRIC));
  return Math.max(0, ...floors.map((metric) => (metric?.state === "measured" ? metric.p50 : 0)));
}

function stateOf(targets: readonly ComparedTarget[], signal: AbortSignal): BenchResult["state"] {
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
