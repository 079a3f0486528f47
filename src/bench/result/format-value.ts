import { formatDurationNs } from "../../support/duration.js";
import type { Unit } from "../core/scenario.js";

const BINARY_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** Writes a value of a metric for people, with about three significant digits. */
export function formatValue(value: number, unit: Unit): string {
  return unit === "ns" ? formatDurationNs(value) : formatBytes(value);
}

function formatBytes(bytes: number): string {
  if (bytes < 0) return `-${formatBytes(-bytes)}`;
  // 1000 KiB would need a fourth digit.
  let value = bytes;
  let unit = 0;
  for (; value >= 999.5 && unit < BINARY_UNITS.length - 1; unit++) value /= 1024;
  return `${Number(value.toPrecision(3))}${BINARY_UNITS[unit]}`;
}
