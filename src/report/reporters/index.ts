import { annotationsReporter } from "./annotations.js";
import { csvReporter } from "./csv.js";
import { htmlReporter } from "./html.js";
import { jsonReporter } from "./json.js";
import { junitReporter } from "./junit.js";
import type { Reporter } from "./reporter.js";
import { summaryReporter } from "./summary.js";
import { tapReporter } from "./tap.js";

/** Every report there is, by the name of its format. */
export const REPORTERS = {
  json: jsonReporter,
  junit: junitReporter,
  html: htmlReporter,
  summary: summaryReporter,
  tap: tapReporter,
  csv: csvReporter,
  annotations: annotationsReporter,
} as const satisfies Record<string, Reporter>;

export type ReportFormat = keyof typeof REPORTERS;

export const REPORT_FORMATS = Object.keys(REPORTERS) as ReportFormat[];

/** What a run writes unless told otherwise. */
export const DEFAULT_FORMATS: readonly ReportFormat[] = ["json", "junit", "html", "summary"];
