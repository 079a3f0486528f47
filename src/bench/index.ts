/** The benchmark as a library: what the command line and other programs use. */
export { runBench, DEFAULT_SAMPLES, type BenchOptions, type BenchProgress } from "./run-bench.js";
export { SCENARIOS, selectScenarios, UnknownScenarioError } from "./scenarios/index.js";
export { parseThreshold, ThresholdError, type Threshold, type ThresholdResult } from "./result/threshold.js";
export { formatBenchTable } from "./result/table.js";
export { runCompare, CompareTargetsError, type CompareOptions, type CompareTarget } from "./compare/run-compare.js";
export { formatCompareTable } from "./compare/compare-table.js";
export { COMPARE_SCHEMA_VERSION, type CompareResult, type TargetComparison } from "./compare/model.js";
export type { ComparisonVerdict, MetricComparison } from "./compare/judge.js";
export { gravest, outcomeOf, type BenchOutcome } from "./result/outcome.js";
export { ReportFolderError } from "./result/report-folder.js";
export { BENCH_SCHEMA_VERSION, type BenchResult, type ScenarioResult } from "./result/model.js";
export type { EmptyMetric, MeasuredMetric, MetricResult } from "./result/metric.js";
export { DEFAULT_MAX_IN_FLIGHT, type LoadShape } from "./core/load-shape.js";
export { formatWarning, type BenchWarning } from "./core/warnings.js";
export type { AnyScenario, CostScenario, Scenario, Unit } from "./core/scenario.js";
export { parseObjective, type LatencyObjective, type RampResult, type RampStep } from "./core/ramp.js";
