import { DEFAULT_MAX_IN_FLIGHT, type LoadShape } from "../bench/index.js";
import type { OptionValues } from "./options.js";

/** How repetitions follow each other, from --rate and --concurrency. */
export function loadShape({ ratePerSecond, concurrency }: OptionValues): LoadShape {
  if (ratePerSecond !== undefined) {
    return { kind: "openLoop", ratePerS: ratePerSecond, maxInFlight: concurrency ?? DEFAULT_MAX_IN_FLIGHT };
  }
  return concurrency === undefined || concurrency === 1 ? { kind: "sequential" } : { kind: "parallel", concurrency };
}
