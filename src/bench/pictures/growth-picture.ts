import type { MeasuredMetric } from "../result/metric.js";
import { axis, draw, type Picture } from "./chart.js";
import { inPictureUnit, pictureUnit } from "./picture-unit.js";

/** A scenario that is measured at several sizes: `list-100` is `list` at 100. */
const SIZED = /^(.+)-(\d+)$/;

/** What the cost of each phase grows like, for scenarios that were measured at two sizes or more. */
export function growthPictures(metrics: readonly MeasuredMetric[]): Picture[] {
  const families = new Map<string, Map<string, [size: number, metric: MeasuredMetric][]>>();
  for (const metric of metrics) {
    const [, family, size] = SIZED.exec(metric.scenario) ?? [];
    if (family === undefined || metric.unit !== "ns") continue;
    const phases = families.get(family) ?? new Map<string, [number, MeasuredMetric][]>();
    phases.set(metric.phase, [...(phases.get(metric.phase) ?? []), [Number(size), metric]]);
    families.set(family, phases);
  }
  return [...families].flatMap(([family, phases]) => {
    const lines = [...phases].filter(([, points]) => points.length > 1);
    return lines.length === 0 ? [] : [growth(family, lines)];
  });
}

function growth(family: string, lines: [phase: string, points: [size: number, metric: MeasuredMetric][]][]): Picture {
  const unit = pictureUnit(lines.flatMap(([, points]) => points.map(([, metric]) => metric)));
  return draw(
    `${family}: growth`,
    `Median in ${unit.name} by number of objects, both axes logarithmic: a slope of one is linear growth.`,
    {
      xAxis: axis("objects", { type: "log" }),
      yAxis: axis(unit.name, { type: "log" }),
      series: lines.map(([phase, points]) => ({
        name: phase,
        type: "line",
        data: points.sort(([a], [b]) => a - b).map(([size, { p50 }]) => [size, inPictureUnit(p50, unit)]),
      })),
    },
  );
}
