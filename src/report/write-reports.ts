import { randomUUID } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { boundResults } from "./bounds.js";
import type { RunResults } from "./model.js";
import { REPORTERS, type ReportFormat } from "./reporters/index.js";
import type { Reporter, ReportOptions } from "./reporters/reporter.js";
import { makeFolder } from "../support/make-folder.js";

export interface WriteOptions extends ReportOptions {
  /** Begins the name of every file; see `--report-prefix`. */
  prefix?: string;
  /** The reporters to choose from; default all there are. */
  reporters?: Readonly<Record<string, Reporter>>;
}

/** One report could not be made or written. */
export class ReportError extends Error {
  override readonly name = "ReportError";

  constructor(
    readonly format: string,
    readonly path: string,
    override readonly cause: unknown,
  ) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(
      `The ${format} report ${path} could not be written (${why}); critique report makes it again from the run folder.`,
    );
  }
}

export interface WrittenReports {
  /** Path of each file written, by format. */
  files: Partial<Record<ReportFormat, string>>;
  /** One error per report that is missing; the run must then not end with exit code 0. */
  errors: ReportError[];
}

/**
 * Writes reports. A file is replaced as a whole or not at all, so a reader never meets half a report, and reports may be
 * written again and again while a run goes on. A report that fails does not keep the others from being written.
 */
export async function writeReports(
  results: RunResults,
  folder: string,
  formats: readonly ReportFormat[],
  options: WriteOptions = {},
): Promise<WrittenReports> {
  const { prefix = "", reporters = REPORTERS, ...reportOptions } = options;
  const bounded = boundResults(results);
  const written: WrittenReports = { files: {}, errors: [] };
  for (const format of formats) {
    const reporter = reporters[format];
    if (!reporter)
      throw new RangeError(`"${format}" is no report format; there are ${Object.keys(reporters).join(", ")}.`);
    const path = join(folder, `${prefix}${reporter.fileName}`);
    try {
      await replaceFile(path, reporter.render(bounded, reportOptions));
      written.files[format] = path;
    } catch (error) {
      written.errors.push(new ReportError(format, path, error));
    }
  }
  return written;
}

/** Writes beside the file and renames, which is atomic within a folder. */
async function replaceFile(path: string, text: string): Promise<void> {
  makeFolder(dirname(path));
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, text, { flag: "wx" });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
