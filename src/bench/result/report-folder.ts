import { open, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { nsToS } from "../core/clock.js";
import { buildHistogram, formatHgrm, formatHlog } from "../core/histogram.js";
import type { BenchResult } from "./model.js";
import type { MeasuredMetric } from "./metric.js";
import { harmlessJson } from "../../report/escape.js";
import { makeFolder } from "../../support/make-folder.js";

/** The report folder cannot be written to: value, rule and remedy in one sentence. */
export class ReportFolderError extends Error {
  override name = "ReportFolderError";
}

/** Writes a benchmark's files: bench.json, and one .hgrm and one .hlog per metric. */
export class ReportFolder {
  readonly #written = new Set<string>();

  private constructor(
    private readonly path: string,
    private readonly prefix: string,
  ) {}

  /**
   * Opens the folder before any work is done, so that a wrong path fails in the first second.
   *
   * @param prefix put before each file's name; may be empty.
   * @param first the file to try it with.
   * @throws ReportFolderError when that file cannot be created in it.
   */
  static async open(path: string, prefix: string, first = "bench.json"): Promise<ReportFolder> {
    const folder = new ReportFolder(path, prefix);
    try {
      makeFolder(path);
      await (await open(folder.#fileOf(first), "w")).close();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new ReportFolderError(
        `Report folder "${path}" cannot be written (${why}): choose another with --report-dir.`,
      );
    }
    return folder;
  }

  /** Writes the result as it stands. Histograms are written once per metric, bench.json anew each time. */
  async write(result: BenchResult): Promise<void> {
    for (const metric of result.metrics) {
      if (metric.state !== "measured" || this.#written.has(metric.name)) continue;
      await this.#writeHistograms(metric, result);
      this.#written.add(metric.name);
    }
    await this.writeJson("bench.json", result);
  }

  /** Writes a text file into the folder. */
  async writeText(name: string, content: string): Promise<void> {
    await this.#replace(name, content);
  }

  async writeJson(name: string, content: object): Promise<void> {
    await this.#replace(name, `${harmlessJson(JSON.stringify(content))}\n`);
  }

  async #writeHistograms(metric: MeasuredMetric, { startedAt, target }: BenchResult): Promise<void> {
    const histogram = buildHistogram(metric.samples);
    const { name, unit, samples, startOffsetsNs } = metric;
    const lastNs = (startOffsetsNs.at(-1) ?? 0) + (unit === "ns" ? samples.at(-1)! : 0);
    await this.#replace(`${name}.hgrm`, formatHgrm(histogram, unit));
    const hlog = formatHlog(histogram, {
      startedAtMs: Date.parse(startedAt),
      lengthS: nsToS(lastNs),
      unit,
      comment: `${name}, ${unit}, ${target.runtime.name} ${target.runtime.version} ${target.handler}`,
    });
    await this.#replace(`${name}.hlog`, hlog);
  }

  /** Readers see the old content or the new, never a part. */
  async #replace(name: string, content: string): Promise<void> {
    const partial = this.#fileOf(`.${name}.partial`);
    await writeFile(partial, content);
    await rename(partial, this.#fileOf(name));
  }

  #fileOf(name: string): string {
    return join(this.path, name.startsWith(".") ? `.${this.prefix}${name.slice(1)}` : `${this.prefix}${name}`);
  }
}
