import type { RunResults } from "../model.js";

/** Choices for readers that disagree; see docs/reports.md. */
export interface ReportOptions {
  /**
   * How junit.xml marks a spec that broke on our side or did not run. `error` is what the word means; `failure` is for
   * readers that know no errors, such as TestGrid.
   */
  junitErrors?: "error" | "failure";
  /**
   * How junit.xml marks a spec that passed only on a retry: as a passed case with a `flakyFailure`, or as a `failure` for
   * readers that would show it green.
   */
  junitFlaky?: "flakyFailure" | "failure";
  /** Adds id, level, clause and more as properties of each case in junit.xml, which the strict schema forbids. */
  junitProperties?: boolean;
  /** Measurements that report.html shows in a view of their own: markup in which every text is escaped. */
  benchmarks?: string;
}

/** Turns results into the text of one file, and does nothing else. */
export interface Reporter {
  /** Name of the file in the report folder, after the prefix if there is one. */
  readonly fileName: string;
  render(results: RunResults, options: ReportOptions): string;
}
