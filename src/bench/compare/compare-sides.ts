import type { SampleStore } from "../core/sample-store.js";
import type { BenchResult } from "../result/model.js";
import type { MetricResult } from "../result/metric.js";
import { VERSION_METRIC } from "../result/summarize.js";
import { judgeAll, type ComparisonInput } from "./judge.js";
import type { TargetComparison } from "./model.js";
import type { Random } from "./random.js";

/** One side of a comparison. */
export interface Side {
  name: string;
  result: BenchResult;
  /** What was measured in rounds, by scenario: attempts with the same number belong together. */
  stores: ReadonlyMap<string, SampleStore>;
}

/** Compares all metrics that both sides have. */
export function compareSides(a: Side, b: Side, random: Random): TargetComparison {
  const floor = Math.max(floorOf(a.result), floorOf(b.result));
  const others = new Map(b.result.metrics.map((metric) => [metric.name, metric]));
  const inputs = a.result.metrics.flatMap((metric): ComparisonInput[] => {
    const other = others.get(metric.name);
    // The calibration is a floor and was not measured in turns; one value a side cannot be compared.
    if (!other || metric.name === VERSION_METRIC || Math.max(metric.sampleCount, other.sampleCount) < 2) return [];
    return [
      {
        metric: metric.name,
        unit: metric.unit,
        a: valuesOf(a, metric),
        b: valuesOf(b, other),
        paired: a.stores.has(metric.scenario) && b.stores.has(metric.scenario),
        floor: metric.unit === "ns" ? floor : 0,
      },
    ];
  });
  const interleaved = a.stores.size > 0 && b.stores.size > 0;
  return { a: a.name, b: b.name, interleaved, metrics: judgeAll(inputs, random) };
}

function valuesOf({ stores }: Side, metric: MetricResult): readonly (number | undefined)[] {
  const store = stores.get(metric.scenario);
  if (store) return store.valuesByAttempt(metric.phase);
  return metric.state === "measured" ? metric.samples : [];
}

/** The Version round trip: no difference below it is claimed. */
function floorOf({ metrics }: BenchResult): number {
  const version = metrics.find(({ name }) => name === VERSION_METRIC);
  return version?.state === "measured" ? version.p50 : 0;
}
