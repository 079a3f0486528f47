import type { BenchOutcome } from "../bench/index.js";
import { EXIT, type ExitCode } from "./exit-codes.js";

/** The exit code of each outcome of a measurement. */
export const BENCH_EXIT_CODES: Readonly<Record<BenchOutcome, ExitCode>> = {
  asExpected: EXIT.asExpected,
  thresholdMissed: EXIT.threshold,
  runtimeFailed: EXIT.misbehaved,
  environmentFailed: EXIT.environment,
  interrupted: EXIT.interrupted,
};
