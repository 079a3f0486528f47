import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Spec } from "./spec.js";

/** How long each spec took on containerd 2.1 with runc, in milliseconds, by id; only the magnitude is used. */
const RECORDED = fileURLToPath(new URL("../../../fixtures/durations.json", import.meta.url));

/** Of a spec that nobody has recorded; most take about this long. */
const UNKNOWN_MS = 500;

/** The recorded durations; none where the file cannot be read, which costs nothing but time. */
export async function recordedDurations(): Promise<ReadonlyMap<string, number>> {
  try {
    return new Map(Object.entries(JSON.parse(await readFile(RECORDED, "utf8")) as Record<string, number>));
  } catch {
    return new Map();
  }
}

/**
 * Specs that take long start first, so that the end of a run does not wait for them; those that have to come last follow
 * all others. Among those of about the same duration, within a factor of two, the given order stays: it is the seed's.
 */
export function longestFirst(specs: readonly Spec[], durations: ReadonlyMap<string, number>): Spec[] {
  const magnitude = ({ info }: Spec): number => Math.floor(Math.log2(durations.get(info.id) ?? UNKNOWN_MS));
  return [...specs].sort((a, b) => Number(a.last) - Number(b.last) || magnitude(b) - magnitude(a));
}
