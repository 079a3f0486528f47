import { htmlDocument } from "../html/document.js";
import type { Reporter } from "./reporter.js";

/** report.html: one file for people, which opens offline. */
export const htmlReporter: Reporter = {
  fileName: "report.html",
  render: (results, { benchmarks }) => htmlDocument(results, benchmarks),
};
