/** What a reader of the numbers has to know, as a value that programs can act on. */
export type WarningKind =
  | "fewSamples"
  | "slowFirstRun"
  | "notSteady"
  | "outliers"
  | "errors"
  | "eventLoopSaturated"
  | "garbageCollection"
  | "clockResolution"
  | "belowFloor"
  | "busyHost"
  | "powerSaving"
  | "missedNotifications"
  | "leftovers";

export interface BenchWarning {
  kind: WarningKind;
  /** The metric (`pod-startup.total`) or the scenario (`pod-startup`) it is about; undefined for the whole run. */
  subject?: string;
  /** What was seen, in one sentence. */
  message: string;
  /** What to do about it, in one sentence. */
  advice: string;
}

/** Writes a warning on one line. */
export function formatWarning({ subject, message, advice }: BenchWarning): string {
  return `${subject === undefined ? "" : `${subject}: `}${message}; ${advice}`;
}
