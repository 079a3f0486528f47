import type { TargetComparison } from "../compare/model.js";
import type { MetricComparison } from "../compare/judge.js";
import { axis, COLOURS, draw, INK, type ChartOption, type Picture } from "./chart.js";

/** Height of one metric's row. */
const ROW_PX = 26;

/** Room for the names of metrics. */
const LABELS_PX = 170;

/** The ratio of each metric with its 95 % interval; where an interval meets the line at 1, no difference was shown. */
export function intervalPicture({ a, b, metrics }: TargetComparison): Picture | undefined {
  const rows = metrics.filter((metric): metric is MetricComparison & { ratio: object } => metric.ratio !== undefined);
  if (rows.length === 0) return undefined;
  const data = rows.map(({ ratio }, row) => [row, ratio.low, ratio.value, ratio.high]);
  return draw(
    `${b} against ${a}`,
    `Ratio of ${b} to ${a} per metric with its 95% interval; less than 1 is faster or smaller.`,
    {
      legend: { show: false },
      grid: { left: LABELS_PX, right: 24, top: 8, bottom: 40 },
      xAxis: axis("ratio", {
        type: "log",
        logBase: 2,
        min: powerOfTwo(Math.floor, Math.min(0.5, ...data.map(([, low]) => low!))),
        max: powerOfTwo(Math.ceil, Math.max(2, ...data.map(([, , , high]) => high!))),
      }),
      yAxis: axis("", { type: "category", data: rows.map(({ metric }) => metric), inverse: true }),
      series: [
        {
          type: "custom",
          encode: { x: [1, 2, 3], y: 0 },
          data,
          renderItem: drawInterval,
          markLine: {
            silent: true,
            symbol: "none",
            data: [{ xAxis: 1 }],
            lineStyle: { color: INK },
            label: { show: false },
          },
        },
      ],
    } as ChartOption,
    60 + ROW_PX * rows.length,
  );
}

const powerOfTwo = (round: (value: number) => number, value: number): number => 2 ** round(Math.log2(value));

interface DrawingArea {
  value: (dimension: number) => number;
  coord: (point: [number, number]) => [number, number];
}

/** A line from end to end of the interval, and a dot at the estimate. */
function drawInterval(_: unknown, { value, coord }: DrawingArea): object {
  const row = value(0);
  const [lowX, y] = coord([value(1), row]);
  const [estimateX] = coord([value(2), row]);
  const [highX] = coord([value(3), row]);
  const stroke = { stroke: COLOURS[0], lineWidth: 2, fill: "none" };
  return {
    type: "group",
    children: [
      { type: "line", shape: { x1: lowX, y1: y, x2: highX, y2: y }, style: stroke },
      { type: "circle", shape: { cx: estimateX, cy: y, r: 4 }, style: { fill: COLOURS[0] } },
    ],
  };
}
