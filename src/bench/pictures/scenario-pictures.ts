import type { BenchResult } from "../result/model.js";
import type { MeasuredMetric, MetricResult } from "../result/metric.js";
import type { Picture } from "./chart.js";
import { growthPictures } from "./growth-picture.js";
import { distribution, percentileCurve, phaseBreakdown, timeSeries } from "./metric-pictures.js";

/** The pictures of one scenario. */
export interface ScenarioPictures {
  scenario: string;
  pictures: Picture[];
}

export function measured(metrics: readonly MetricResult[]): MeasuredMetric[] {
  return metrics.filter((metric) => metric.state === "measured");
}

/** What can be drawn of a result: scenarios that were timed, and what the cost of those of several sizes grows like. */
export function scenarioPictures({ scenarios, metrics }: BenchResult): ScenarioPictures[] {
  const all = measured(metrics);
  const timed = scenarios.flatMap(({ name }): ScenarioPictures[] => {
    const own = all.filter(({ scenario, unit }) => scenario === name && unit === "ns");
    const total = own.find(({ phase }) => phase === "total");
    if (!total || total.sampleCount < 2) return [];
    const phases = own.filter((metric) => metric !== total);
    return [
      {
        scenario: name,
        pictures: [
          percentileCurve(
            "Percentiles",
            [total, ...phases].map((metric) => ({ name: metric.phase, metric })),
          ),
          distribution("Distribution of the total", total),
          ...(phases.length > 1 ? [phaseBreakdown("Phases", phases)] : []),
          timeSeries("Samples over time", total),
        ],
      },
    ];
  });
  const growth = growthPictures(all);
  return growth.length === 0 ? timed : [...timed, { scenario: "Growth", pictures: growth }];
}
