import type { BenchResult } from "../bench/index.js";
import { UsageError } from "../config/errors.js";
import { readTextFile } from "../config/read-text-file.js";

/** bench.json holds every sample: 100,000 of ten metrics take some 20 MiB. */
const MAX_RESULT_BYTES = 256 << 20;

/**
 * Reads the bench.json of an earlier run.
 *
 * @param flag the option that names it, for the message
 * @throws UsageError when it is none
 */
export async function readBenchResult(path: string, flag: "--baseline" | "--bench"): Promise<BenchResult> {
  const text = await readTextFile(path, `file of ${flag}`, MAX_RESULT_BYTES);
  try {
    const result = JSON.parse(text) as Partial<BenchResult> | null;
    if (result?.schema === "critique.dev/bench" && Array.isArray(result.metrics)) return result as BenchResult;
  } catch {
    // Said below: no JSON is no bench.json either.
  }
  throw new UsageError(`${flag}: "${path}" is no bench.json of critique; name the bench.json of an earlier run.`);
}
