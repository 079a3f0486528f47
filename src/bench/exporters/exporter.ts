import type { BenchResult } from "../result/model.js";

/** Turns a result into the text of a file, and does nothing else. */
export interface BenchExporter {
  fileName: string;
  render: (result: BenchResult) => string;
}
