import type { Unit } from "../core/scenario.js";

/** The unit of a picture's axis. */
export interface PictureUnit {
  name: string;
  /** Of the metric's unit in one of these. */
  size: number;
}

const UNITS: Readonly<Record<Unit, readonly PictureUnit[]>> = {
  ns: [
    { name: "s", size: 1e9 },
    { name: "ms", size: 1e6 },
    { name: "us", size: 1e3 },
  ],
  bytes: [
    { name: "GiB", size: 2 ** 30 },
    { name: "MiB", size: 2 ** 20 },
    { name: "KiB", size: 2 ** 10 },
  ],
};

/** The largest unit in which the largest median is at least 1. */
export function pictureUnit(metrics: readonly { unit: Unit; p50: number }[]): PictureUnit {
  const units = UNITS[metrics[0]?.unit ?? "ns"];
  const largest = Math.max(...metrics.map(({ p50 }) => p50));
  return units.find(({ size }) => largest >= size) ?? units.at(-1)!;
}

export function inPictureUnit(value: number, { size }: PictureUnit): number {
  return value / size;
}
