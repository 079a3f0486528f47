import { harmlessJson } from "../escape.js";
import type { RunResults } from "../model.js";
import type { Reporter } from "./reporter.js";

/** results.json: everything that is known, for programs. */
export const jsonReporter: Reporter = {
  fileName: "results.json",
  render: (results: RunResults) => `${harmlessJson(JSON.stringify(results, undefined, 2))}\n`,
};
