import * as echarts from "echarts/core";
import { BarChart, CustomChart, LineChart, ScatterChart } from "echarts/charts";
import { GridComponent, LegendComponent, MarkLineComponent } from "echarts/components";
import { SVGRenderer } from "echarts/renderers";
import type { EChartsOption } from "echarts";

echarts.use([
  BarChart,
  CustomChart,
  LineChart,
  ScatterChart,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  SVGRenderer,
]);

/** What a picture shows, in the words of the charting library. */
export type ChartOption = EChartsOption;

/** A picture with what it says to those who do not see it. */
export interface Picture {
  title: string;
  /** What it shows, in a sentence or two. */
  description: string;
  /** An SVG element. */
  svg: string;
}

const WIDTH_PX = 720;
const HEIGHT_PX = 340;

/** Middle tones that keep a contrast of 3 to 1 with both a white and a black page; told apart without red and green. */
export const COLOURS = ["#3f7fd0", "#d9772b", "#8a63c9", "#1f9d8f", "#c2557a", "#8f8a3a", "#6b7c93"];

/** The page's own colours, light or dark. */
export const INK = "currentColor";
const LINE = "var(--line)";

/** Draws a picture as a still SVG: it needs no script, prints, and takes the page's colours. */
export function draw(title: string, description: string, option: ChartOption, heightPx = HEIGHT_PX): Picture {
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width: WIDTH_PX, height: heightPx });
  try {
    chart.setOption({
      animation: false,
      color: COLOURS,
      textStyle: { fontFamily: "inherit", fontSize: 12 },
      grid: { left: 56, right: 28, top: 40, bottom: 48 },
      legend: { top: 4, textStyle: { color: INK }, icon: "roundRect", itemGap: 18 },
      ...option,
    });
    return { title, description, svg: framed(chart.renderToSVGString()) };
  } finally {
    chart.dispose();
  }
}

/**
 * The library's root element has a fixed size, texts a font of their own, and shapes styles for a pointer that a still
 * picture does not answer. The page decides all three, so that its policy need not allow styles within elements.
 */
function framed(svg: string): string {
  return svg
    .replace(/<svg [^>]*?viewBox="([^"]*)"[^>]*>/, '<svg xmlns="http://www.w3.org/2000/svg" viewBox="$1">')
    .replace(/<style[^>]*>[^]*?<\/style>\s*/g, "")
    .replace(/ (?:class="zr|style="font-)[^"]*"/g, "");
}

/** An axis with the page's colours. */
export function axis(name: string, more: object = {}): object {
  return {
    name,
    nameLocation: "middle",
    nameGap: 34,
    nameTextStyle: { color: INK },
    axisLabel: { color: INK, hideOverlap: true },
    axisLine: { lineStyle: { color: INK } },
    splitLine: { lineStyle: { color: LINE } },
    ...more,
  };
}
