import { stat } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../config/errors.js";
import { escapeHtml } from "../report/escape.js";
import { readBenchResult } from "./read-bench-result.js";

const RESULT_NAME = "bench.json";

/** Measurements as a part of the options of reports; an empty one where nothing was measured. */
export interface ShownBenchmarks {
  benchmarks?: string;
}

/**
 * The measurements that `--bench` names.
 *
 * @param path of a bench.json, or of the folder with it
 * @throws UsageError when that is no result of a benchmark, or not one that can be shown
 */
export async function namedBenchmarks(path: string): Promise<ShownBenchmarks> {
  return { benchmarks: await markupOf(await namedResult(path)) };
}

/**
 * The measurements that `critique bench` left in the folder of a run or in `bench` below it. A damaged one is told of in
 * the report and keeps nothing back.
 */
export async function foundBenchmarks(folder: string): Promise<ShownBenchmarks> {
  const found = await foundResult(folder);
  if (found === undefined) return {};
  try {
    return { benchmarks: await markupOf(found) };
  } catch (error) {
    return { benchmarks: `<p>${escapeHtml(error instanceof Error ? error.message : String(error))}</p>` };
  }
}

async function markupOf(path: string): Promise<string> {
  const result = await readBenchResult(path, "--bench");
  // Loaded where there is something to draw: the charting library takes its time.
  const { benchmarkMarkup } = await import("../bench/exporters/html.js");
  try {
    return benchmarkMarkup(result);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--bench: "${path}" cannot be shown (${why}); name a bench.json as critique bench wrote it.`);
  }
}

/** A folder stands for the bench.json in it. */
async function namedResult(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() === true ? join(path, RESULT_NAME) : path;
}

async function foundResult(folder: string): Promise<string | undefined> {
  for (const path of [join(folder, "bench", RESULT_NAME), join(folder, RESULT_NAME)]) {
    if ((await stat(path).catch(() => undefined))?.isFile() === true) return path;
  }
  return undefined;
}
