import type { BenchResult } from "../result/model.js";
import type { ComparisonRules, MetricComparison } from "./judge.js";

/** Raised when a field changes its meaning or goes away; added fields leave it as it is. */
export const COMPARE_SCHEMA_VERSION = 1;

/** One side of a comparison. */
export interface ComparedTarget {
  name: string;
  /** Measured now, in turns with the others, or taken from a file. */
  source: "measured" | "baseline";
  result: BenchResult;
}

/** All metrics of one target against the first. */
export interface TargetComparison {
  /** Name of the target that the other is compared with. */
  a: string;
  b: string;
  /** False when one side comes from a file: then nothing cancels out what changed on the host in between. */
  interleaved: boolean;
  metrics: MetricComparison[];
}

/** The content of compare.json, and what `runCompare` returns. */
export interface CompareResult {
  schema: "critique.dev/compare";
  schemaVersion: typeof COMPARE_SCHEMA_VERSION;
  suiteVersion: string;
  state: BenchResult["state"];
  /** Start as ISO 8601, UTC. */
  startedAt: string;
  durationMs: number;
  /** Of the order of measurement and of the bootstrap: the same samples and seed give the same intervals. */
  seed: number;
  rules: ComparisonRules;
  targets: ComparedTarget[];
  comparisons: TargetComparison[];
}
