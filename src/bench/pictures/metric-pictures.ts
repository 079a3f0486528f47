import { quantile } from "../core/quantile.js";
import { sortedCopy } from "../core/statistics.js";
import type { MeasuredMetric } from "../result/metric.js";
import { axis, draw, INK, type Picture } from "./chart.js";
import { inPictureUnit, pictureUnit } from "./picture-unit.js";

/** One line of a percentile curve. */
export interface NamedMetric {
  name: string;
  metric: MeasuredMetric;
}

/** Values drawn per line: more than a screen has columns say nothing more. */
const MAX_POINTS = 400;

/**
 * Latency by percentile on HdrHistogram's axis: each step to the right is a tenth of the share above, so that the tail has
 * as much room as the body.
 */
export function percentileCurve(title: string, lines: readonly NamedMetric[]): Picture {
  const unit = pictureUnit(lines.map(({ metric }) => metric));
  const largest = Math.max(...lines.map(({ metric }) => metric.sampleCount));
  const series = lines.map(({ name, metric }) => ({
    name,
    type: "line" as const,
    step: "end" as const,
    showSymbol: false,
    data: curveOf(metric).map(([rarity, value]) => [rarity, inPictureUnit(value, unit)]),
  }));
  return draw(title, `Value in ${unit.name} by percentile, with a logarithmic axis towards the rarest.`, {
    xAxis: axis("percentile", {
      type: "log",
      min: 1,
      max: largest,
      axisLabel: { color: INK, formatter: (rarity: number) => `${percentOf(rarity)}%` },
    }),
    yAxis: axis(unit.name, { type: "value", min: 0 }),
    series,
  });
}

/** The percentile at which one value in so many is larger: 10 is 90, 100 is 99. */
const percentOf = (rarity: number): string => String(Number((100 - 100 / rarity).toPrecision(4)));

function curveOf({ samples }: MeasuredMetric): [rarity: number, value: number][] {
  const sorted = sortedCopy(samples);
  const points = Math.min(MAX_POINTS, sorted.length);
  return Array.from({ length: points }, (_, index) => {
    const rarity = sorted.length ** (index / Math.max(1, points - 1));
    return [rarity, quantile(sorted, 1 - 1 / rarity)];
  });
}

/** How often which value was seen. Bins by the Freedman-Diaconis rule, bounded by what a picture can show. */
export function distribution(title: string, metric: MeasuredMetric): Picture {
  const unit = pictureUnit([metric]);
  const sorted = sortedCopy(metric.samples);
  // What lies beyond the 99.5th percentile would squeeze the rest into a few columns; the curve shows it.
  const low = sorted[0]!;
  const high = Math.max(quantile(sorted, 0.995), low + 1);
  const spread = quantile(sorted, 0.75) - quantile(sorted, 0.25);
  const wanted = spread === 0 ? 10 : (high - low) / ((2 * spread) / Math.cbrt(sorted.length));
  const bins = Math.min(60, Math.max(5, Math.ceil(wanted)));
  const width = (high - low) / bins;
  const counts = new Array<number>(bins).fill(0);
  for (const value of sorted) if (value <= high) counts[Math.min(bins - 1, Math.floor((value - low) / width))]!++;
  const labels = counts.map((_, bin) => inPictureUnit(low + (bin + 0.5) * width, unit).toPrecision(3));
  return draw(title, `Number of samples by value in ${unit.name}, up to the 99.5th percentile.`, {
    legend: { show: false },
    xAxis: axis(unit.name, { type: "category", data: labels }),
    yAxis: axis("samples", { type: "value", minInterval: 1 }),
    series: [{ type: "bar", barCategoryGap: "5%", data: counts }],
  });
}

/** Where the time of an attempt goes, at the median and in the tail. */
export function phaseBreakdown(title: string, phases: readonly MeasuredMetric[]): Picture {
  const unit = pictureUnit(phases);
  const columns = ["p50", "p90", "p99"] as const;
  return draw(
    title,
    `Each phase's share in ${unit.name}, one bar per percentile; percentiles of phases do not add up to the total's.`,
    {
      xAxis: axis(unit.name, { type: "value" }),
      yAxis: axis("", { type: "category", data: [...columns], inverse: true }),
      series: phases.map((metric) => ({
        name: metric.phase,
        type: "bar",
        stack: "phases",
        data: columns.map((column) => inPictureUnit(metric[column], unit)),
      })),
    },
    220,
  );
}

/** Every sample in the order of measurement, warm-up apart: drifts, bursts and stalls show here and nowhere else. */
export function timeSeries(title: string, metric: MeasuredMetric): Picture {
  const unit = pictureUnit([metric]);
  const points = (offsetsNs: readonly number[], values: readonly number[]) =>
    values.map((value, index) => [(offsetsNs[index] ?? 0) / 1e9, inPictureUnit(value, unit)]);
  const scatter = { type: "scatter" as const, symbolSize: 4 };
  return draw(title, `Every sample in ${unit.name} by the time it began; the warm-up is marked and in no figure.`, {
    xAxis: axis("seconds since the start", { type: "value", min: 0 }),
    yAxis: axis(unit.name, { type: "value", min: 0 }),
    series: [
      { ...scatter, name: "measured", data: points(metric.startOffsetsNs, metric.samples) },
      {
        ...scatter,
        name: "warm-up",
        symbol: "emptyTriangle",
        data: points(metric.warmupStartOffsetsNs, metric.warmupSamples),
      },
    ],
  });
}
