import { UsageError } from "../config/errors.js";
import { didYouMean } from "../config/nearest.js";
import { DEFAULT_FORMATS, REPORT_FORMATS, type ReportFormat } from "../report/reporters/index.js";
import type { ReportOptions } from "../report/reporters/reporter.js";
import type { OptionValues } from "./options.js";

/**
 * The formats that `--formats` asks for; `all` stands for every one there is.
 * @throws UsageError for a format that does not exist
 */
export function chooseFormats(names: readonly string[] | undefined): readonly ReportFormat[] {
  if (names === undefined) return DEFAULT_FORMATS;
  if (names.includes("all")) return REPORT_FORMATS;
  return names.map((name) => {
    const format = REPORT_FORMATS.find((candidate) => candidate === name);
    if (format) return format;
    throw new UsageError(
      `--formats: "${name}" is no report; there are ${REPORT_FORMATS.join(", ")}, or all of them with "all"${didYouMean(name, REPORT_FORMATS)}`,
    );
  });
}

/** What the options say about readers that disagree. */
export function reportOptions({
  junitErrors,
  junitFlaky,
  junitProperties,
}: OptionValues): Required<Omit<ReportOptions, "benchmarks">> {
  return { junitErrors, junitFlaky, junitProperties };
}
